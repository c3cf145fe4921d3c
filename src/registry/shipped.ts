import { fileURLToPath } from 'node:url';

/** The models.yaml that comes with Portico: at the package's root, from `src` and `dist` alike. */
export const shippedRegistryFile = fileURLToPath(new URL('../../models.yaml', import.meta.url));
