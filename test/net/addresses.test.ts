import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../src/net/addresses.ts';
import { covers } from '../support/covers.ts';

/** An IPv4 address as the IPv6 addresses that lead to it: mapped, by NAT64, by 6to4. */
function asIPv6(address: string): readonly string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const hex = (one: number, two: number) => ((one << 8) | two).toString(16);
  return [
    `::ffff:${address}`,
    `64:ff9b::${hex(a, b)}:${hex(c, d)}`,
    `2002:${hex(a, b)}:${hex(c, d)}::1`,
  ];
}

describe('the address of a metadata service', () => {
  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
    '168.63.129.16',
    '100.100.100.200',
    '192.0.0.192',
    '169.254.42.42',
    '169.254.0.23',
  ])('%s is private, as IPv4 and as IPv6', (address) => {
    expect([address, ...asIPv6(address)].filter(isPublicAddress)).toEqual([]);
  });

  it.each([
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    'fe80::a9fe:a9fe',
  ])('%s is private', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it('is distinguished from its neighbours', () => {
    expect(['168.63.129.15', '168.63.129.17'].map(isPublicAddress)).toEqual([true, true]);
  });
});

describe('an address', () => {
  covers('R4.5-private');

  it.each([
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.1',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '2002:808:808::1',
    // The server 8.8.8.8, and the client 8.8.8.8 inverted.
    '2001:0:808:808:0:ffff:f7f7:f7f7',
  ])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['this machine', '127.0.0.1'],
    ['this machine', '127.255.255.254'],
    ['this machine', '::1'],
    ['this machine', '0.0.0.0'],
    ['this machine', '0.1.2.3'],
    ['this machine', '::'],
    ['a local net', '10.0.0.1'],
    ['a local net', '172.16.0.1'],
    ['a local net', '172.31.255.254'],
    ['a local net', '192.168.1.1'],
    ['a local net', 'fc00::1'],
    ['a local net', 'fd12:3456::1'],
    ['a provider’s net', '100.64.0.1'],
    ['a cloud’s metadata', '169.254.169.254'],
    ['a cloud’s metadata', 'fd00:ec2::254'],
    ['a link', 'fe80::1'],
    ['a link', 'fe80::1%eth0'],
    ['a site', 'fec0::1'],
    ['many', '224.0.0.1'],
    ['many', 'ff02::1'],
    ['all', '255.255.255.255'],
    ['nobody yet', '240.0.0.1'],
    ['nobody yet', '4000::1'],
    ['examples', '192.0.2.1'],
    ['examples', '2001:db8::1'],
    ['tests', '198.18.0.1'],
    ['IPv4 as IPv6: this machine', '::ffff:127.0.0.1'],
    ['IPv4 as IPv6: this machine', '::ffff:7f00:1'],
    ['IPv4 as IPv6: this machine', '::127.0.0.1'],
    ['IPv4 as IPv6: a local net', '::ffff:10.0.0.1'],
    ['IPv4 as IPv6: this machine', '::ffff:0:127.0.0.1'],
    ['NAT64: this machine', '64:ff9b::7f00:1'],
    ['NAT64: a cloud’s metadata', '64:ff9b::a9fe:a9fe'],
    ['NAT64 of a local prefix', '64:ff9b:1::808:808'],
    ['6to4: this machine', '2002:7f00:1::1'],
    ['6to4: a local net', '2002:a00:1::1'],
    ['Teredo: a local client', '2001:0:808:808:0:ffff:f5ff:fffe'],
    ['Teredo: a local server', '2001:0:a00:1:0:ffff:f7f7:f7f7'],
    ['no address', 'localhost'],
    ['no address', ''],
  ])('of %s is not: %s', (_whose, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it('is judged as IPv4 however IPv6 wraps it', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const wrapped = asIPv6(address);
        expect(wrapped.map(isPublicAddress)).toEqual(wrapped.map(() => isPublicAddress(address)));
      }),
    );
  });
});
