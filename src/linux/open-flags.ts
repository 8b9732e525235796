/** O_PATH of open(2), which Node.js does not name. The same number on all architectures that it runs on. */
export const O_PATH = 0o10000000;
