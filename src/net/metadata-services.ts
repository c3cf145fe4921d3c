import ipaddr from 'ipaddr.js';

/**
 * Addresses of cloud metadata services, which serve a machine's credentials, and of other host services.
 * Some are in otherwise public networks, so they are listed one by one.
 */
const ADDRESSES: readonly string[] = [
  // AWS, and most other clouds: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
  '169.254.169.254',
  'fd00:ec2::254',
  // AWS's DNS and time: https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
  '169.254.169.253',
  'fd00:ec2::253',
  '169.254.169.123',
  'fd00:ec2::123',
  // ECS tasks: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
  '169.254.170.2',
  // EKS Pod Identity: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
  '169.254.170.23',
  'fd00:ec2::23',
  // Azure: https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16
  '168.63.129.16',
  // Google Cloud: https://cloud.google.com/compute/docs/metadata/querying-metadata
  'fd20:ce::254',
  // Alibaba Cloud: https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
  '100.100.100.200',
  // Oracle Cloud, and its classic form: https://docs.oracle.com/en-us/iaas/Content/Compute/Tasks/gettingmetadata.htm
  'fd00:c1::a9fe:a9fe',
  '192.0.0.192',
  // OpenStack: https://docs.openstack.org/nova/latest/user/metadata.html
  'fe80::a9fe:a9fe',
  // Scaleway: https://www.scaleway.com/en/docs/instances/how-to/use-cloud-init/
  '169.254.42.42',
  'fd00:42::42',
  // Tencent Cloud: https://www.tencentcloud.com/document/product/213/4934
  '169.254.0.23',
];

/** Host names of the same services. They may resolve to public addresses outside of their cloud. */
const NAMES: ReadonlySet<string> = new Set([
  // AWS
  'instance-data',
  'instance-data.ec2.internal',
  // Google Cloud
  'metadata',
  'metadata.goog',
  'metadata.google.internal',
  // Tencent Cloud
  'metadata.tencentyun.com',
  // Equinix Metal, whose address is public: https://deploy.equinix.com/developers/docs/metal/server-metadata/metadata/
  'metadata.platformequinix.com',
  'metadata.packet.net',
]);

const KNOWN: ReadonlySet<string> = new Set(
  ADDRESSES.map((text) => ipaddr.parse(text).toByteArray().join('.')),
);

/** Returns true for the bytes of a well-known metadata address: 4 for IPv4, 16 for IPv6. */
export function isMetadataAddress(bytes: readonly number[]): boolean {
  return KNOWN.has(bytes.join('.'));
}

/** Returns true for the name of a metadata service, in any case and with or without a trailing dot. */
export function isMetadataName(host: string): boolean {
  return NAMES.has(host.toLowerCase().replace(/\.$/, ''));
}
