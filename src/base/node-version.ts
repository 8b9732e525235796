/** The oldest Node that carries the fixes this program relies on (CVE-2026-48931 and what followed it). */
const OLDEST = [24, 18] as const;

/** One line that says why this Node can't run the program, or undefined when it can. */
export function refuseOldNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isNewEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  if (isNewEnough) return undefined;
  return `tickbird needs Node ${OLDEST.join(".")} or newer; this is ${version}. Install Node 26, or use the container image.`;
}
