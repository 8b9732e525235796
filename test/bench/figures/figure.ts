import type { Core } from "../core.ts";

/** A figure of the sidecar that is not a load on all peers. Another one is a file beside this one, and a line in `figures.ts`. */
export interface Figure {
  /** As it is given on the command line. */
  readonly name: string;
  measure(parts: FigureParts): Promise<FigureRow[]>;
}

/** What a figure is measured with. */
export interface FigureParts {
  readonly core: Core;
  readonly certFile: string;
  readonly keyFile: string;
  /** Makes an empty folder. */
  makeDir(): Promise<string>;
  /** Fewer repetitions, for a first impression. */
  readonly isQuick: boolean;
}

/** One line of the table of figures. */
export interface FigureRow {
  readonly what: string;
  readonly value: string;
  /** How it was measured, and the spread. */
  readonly how: string;
}
