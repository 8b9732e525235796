/** What the sidecar writes in place of a secret. */
export const MASK = "******";
