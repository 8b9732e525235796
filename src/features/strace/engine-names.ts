/** What watches the calls: strace, or the kernel's own trace events. */
export const ENGINES = ["strace", "tracefs"] as const;
/** What watches the calls. */
export type Engine = (typeof ENGINES)[number];

/** What a request may ask for: `auto` is tracefs where that works, else strace. */
export const ENGINE_CHOICES = ["strace", "tracefs", "auto"] as const;
/** What a request may ask for. */
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** What of a request decides on its engine. */
export interface EngineWish {
  readonly engine: EngineChoice;
  /** Parameters that were asked for and that only strace can do. */
  readonly straceOnly: readonly string[];
}
