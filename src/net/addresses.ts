import ipaddr from 'ipaddr.js';
import { isMetadataAddress } from './metadata-services.ts';

/**
 * Returns true for an address on the public internet: not this machine, a local network or a cloud's
 * metadata service. IPv6 that embeds IPv4 is judged by the embedded addresses.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const bytes = ipaddr.process(text).toByteArray();
  return bytes.length === 4 ? isPublicIPv4(bytes) : isPublicIPv6(bytes);
}

function isPublicIPv4(bytes: readonly number[]): boolean {
  return !isMetadataAddress(bytes) && ipaddr.fromByteArray([...bytes]).range() === 'unicast';
}

function isPublicIPv6(bytes: readonly number[]): boolean {
  if (isMetadataAddress(bytes)) return false;
  const address = ipaddr.fromByteArray([...bytes]);
  switch (address.range()) {
    case 'unicast':
      // Only 2000::/3 is allocated for global unicast.
      return ((bytes[0] ?? 0) & 0xe0) === 0x20;
    case 'rfc6052':
      // Only 64:ff9b::/96 has its IPv4 address at a known position.
      return bytes.slice(4, 12).every((byte) => byte === 0) && isPublicIPv4(bytes.slice(12));
    case '6to4':
      return isPublicIPv4(bytes.slice(2, 6));
    case 'teredo':
      // The server, and the client with its bits inverted (RFC 4380, 4).
      return (
        isPublicIPv4(bytes.slice(4, 8)) && isPublicIPv4(bytes.slice(12).map((byte) => byte ^ 0xff))
      );
    default:
      return false;
  }
}
