import { AppError } from "../../base/errors.ts";
import { TOUCH_LEVELS } from "../../settings/jvm-settings.ts";

/** How far a JVM may be touched: each level allows what the ones before it do. */
export type TouchLevel = (typeof TOUCH_LEVELS)[number];

/** Whether the settings allow a level. */
export function allowsTouch(allowed: TouchLevel, level: TouchLevel): boolean {
  return TOUCH_LEVELS.indexOf(level) <= TOUCH_LEVELS.indexOf(allowed);
}

/** The line that allows it. */
export function touchSetting(level: TouchLevel): string {
  return `SIDECAR_JVM_TOUCH=${level}`;
}

/** @throws {AppError} `touch-not-allowed` with the line that allows it. */
export function requireTouch(allowed: TouchLevel, level: TouchLevel): void {
  if (allowsTouch(allowed, level)) return;
  throw new AppError("touch-not-allowed", `This takes the level ${level}; the settings allow ${allowed}.`, {
    remedy: touchSetting(level),
  });
}
