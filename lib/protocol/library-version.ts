/** The version of this library, which a worker tells other processes. It is that of package.json. */
export const LIBRARY_VERSION = '0.1.0';
