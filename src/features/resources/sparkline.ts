import { type Html, html } from "../../web/page.ts";

const WIDTH = 600;
const HEIGHT = 60;

/**
 * A line of figures as a drawing, from 0 at the bottom to the highest of them; what is not known is a gap.
 * Without a style of its own: the page's Content-Security-Policy would refuse it.
 */
export function sparkline(label: string, values: readonly (number | null)[]): Html {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return html`<p class="dim">Nothing is known yet.</p>`;
  const top = Math.max(...known) || 1;
  const step = WIDTH / (values.length - 1);
  let isUp = true;
  const path = values
    .map((value, index) => {
      if (value === null) {
        isUp = true;
        return "";
      }
      const command = isUp ? "M" : "L";
      isUp = false;
      return `${command}${(index * step).toFixed(1)} ${(HEIGHT - (value / top) * HEIGHT).toFixed(1)}`;
    })
    .join("");
  return html`<svg role="img" aria-label="${label}" viewBox="0 -2 ${WIDTH} ${HEIGHT + 4}" width="${WIDTH}" height="${HEIGHT}" preserveAspectRatio="none"><path d="${path}" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>`;
}
