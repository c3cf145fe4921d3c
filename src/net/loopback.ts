import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Returns true for a host that reaches this machine only: 127.0.0.0/8 (mapped into IPv6 too), ::1, localhost. */
export function isLoopbackHost(host: string): boolean {
  const address = withoutBrackets(host).replace(/%.*$/s, '');
  switch (isIP(address)) {
    case 4:
      return LOOPBACK.check(address, 'ipv4');
    case 6:
      return LOOPBACK.check(address, 'ipv6');
    default:
      return address.toLowerCase() === 'localhost';
  }
}

/** IPv6 address without the brackets of a URL. */
export function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}
