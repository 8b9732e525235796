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
  const args = event.args && changeArguments(event.args, change);
  const resultTarget = event.resultTarget && change(event.resultTarget);
  if (args === event.args && resultTarget === event.resultTarget) return event;
  return { ...event, args, resultTarget };
}

/** The list itself where nothing is changed in it: mostly that is so, and events are many. */
function changeArguments(args: readonly Argument[], change: (target: Target) => Target): readonly Argument[] {
  let changed: Argument[] | undefined;
  let index = 0;
  for (const argument of args) {
    const next = changeArgument(argument, change);
    if (next !== argument) {
      changed ??= [...args];
      changed[index] = next;
    }
    index += 1;
  }
  return changed ?? args;
}

function changeArgument(argument: Argument, change: (target: Target) => Target): Argument {
  if (argument.kind !== "named") return changePlain(argument, change);
  const value = changePlain(argument.value, change);
  return value === argument.value ? argument : { ...argument, value };
}

function changePlain(argument: PlainArgument, change: (target: Target) => Target): PlainArgument {
  if (argument.kind !== "descriptor") return argument;
  const target = change(argument.target);
  return target === argument.target ? argument : { ...argument, target };
}
