/** Long work in slices, so that the page answers to its reader meanwhile. */

/** So long a slice may take: half of a frame. */
export const SLICE_MS = 8;

/** Resolves after the browser had its turn: events, and a frame where one is due. */
export function breathe(): Promise<void> {
  // Timers are held back to 4 ms each when they follow each other (HTML, timers); a message is not.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
