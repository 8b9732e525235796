let text = "";
let second = -1;

/** The present time as a Date field has it (RFC 9110 section 5.6.7), made anew once a second. */
export function httpDate(): string {
  const now = Math.floor(Date.now() / 1_000);
  if (now !== second) {
    second = now;
    text = new Date(now * 1_000).toUTCString();
  }
  return text;
}
