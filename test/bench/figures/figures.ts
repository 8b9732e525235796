import type { Figure } from "./figure.ts";
import { memory } from "./memory.ts";
import { processes } from "./processes.ts";
import { restart } from "./restart.ts";
import { start } from "./start.ts";
import { strace } from "./strace.ts";

/** All figures, in the order of the table. */
export const FIGURES: readonly Figure[] = [start, memory, processes, restart, strace];
