import type { Argument, PlainArgument, Target } from "./argument.ts";
import type { CallEvent } from "./event.ts";

/** Every target that a call names: those of its arguments, in their order, and that of its result. */
export function targetsOf({ args, resultTarget }: CallEvent): Target[] {
  const targets: Target[] = [];
  for (const argument of args ?? []) {
    const plain = argument.kind === "named" ? argument.value : argument;
    if (plain.kind === "descriptor") targets.push(plain.target);
  }
  if (resultTarget !== null) targets.push(resultTarget);
  return targets;
}

/** A call with other targets; the call itself where `change` gives back all of them as they are. */
export function changeTargets(event: CallEvent, change: (target: Target) => Target): CallEvent {
  let isChanged = false;
  const changed = (target: Target): Target => {
    const next = change(target);
    if (next !== target) isChanged = true;
    return next;
  };
  const args = event.args?.map((argument) => changeArgument(argument, changed)) ?? null;
  const resultTarget = event.resultTarget === null ? null : changed(event.resultTarget);
  return isChanged ? { ...event, args, resultTarget } : event;
}

function changeArgument(argument: Argument, change: (target: Target) => Target): Argument {
  if (argument.kind !== "named") return changePlain(argument, change);
  return { ...argument, value: changePlain(argument.value, change) };
}

function changePlain(argument: PlainArgument, change: (target: Target) => Target): PlainArgument {
  return argument.kind === "descriptor" ? { ...argument, target: change(argument.target) } : argument;
}
