import type { Check, Health, Situation } from "./answers.ts";
import { type Finding, isDown } from "./finding.ts";
import { resourceFindings } from "./resource-findings.ts";
import { trafficFindings } from "./traffic-findings.ts";

/** What is wrong, in words, and what to do about it: read off what is known, by rules. */

/** All that is wrong, the worst first. */
export function findingsOf(situation: Situation): readonly Finding[] {
  const all = [
    ...(situation.health === undefined ? [] : healthFindings(situation.health)),
    ...trafficFindings(situation),
    ...resourceFindings(situation),
  ];
  return all.toSorted((one, other) => rank(one) - rank(other));
}

/** What the state of the whole comes to: a sentence. That all is well is said only where nothing is unknown. */
export function verdictOf(findings: readonly Finding[], gaps: readonly string[]): string {
  const bad = findings.filter(({ tone }) => tone === "bad").length;
  const fair = findings.length - bad;
  if (findings.length === 0) return gaps.length === 0 ? "All is well" : "Nothing is known to be wrong";
  if (bad === 0) return fair === 1 ? "One thing should be looked at" : `${fair} things should be looked at`;
  return bad === 1 ? "Something is wrong" : `${bad} things are wrong`;
}

function rank({ tone }: Finding): number {
  return tone === "bad" ? 0 : 1;
}

const TITLES: Readonly<Record<string, string>> = {
  "core-tcp": "The app can't be reached",
  "core-http": "The app does not answer as it should",
  certificate: "The certificate needs care",
  disk: "The sidecar's disk is filling up",
  "event-loop": "The sidecar is slow to react",
  "log-forwarding": "Log lines are not being forwarded",
};

function healthFindings(health: Health): Finding[] {
  return health.checks
    .filter((check) => !(isDown(health) && check.name === "core-http"))
    .flatMap((check) => findingOf(check) ?? []);
}

function findingOf(check: Check): Finding | undefined {
  const { name, status, detail, remedy, since, consecutiveFailures } = check;
  const title = TITLES[name] ?? `The check ${name} is not well`;
  const isFailing = status === "fail";
  const isBeginning = !isFailing && consecutiveFailures > 0;
  if (!isFailing && status !== "warn" && !isBeginning) return undefined;
  const times = consecutiveFailures === 1 ? "once" : `${consecutiveFailures} times in a row`;
  return {
    id: `check-${name}`,
    tone: isFailing ? "bad" : "fair",
    title: isBeginning ? `A check has failed ${times}: ${name}` : title,
    detail: isBeginning ? `${detail} It counts as failed when it goes on.` : detail,
    remedy,
    since: isBeginning ? undefined : since,
    ...(isFailing && name === "core-tcp"
      ? { advice: WHEN_DOWN, more: { text: "What it wrote last", href: "#/logs", isForOperators: true } }
      : {}),
  };
}

const WHEN_DOWN =
  "Look whether its container runs, and what it wrote last. Until it is back, clients get status 503 from the sidecar; then all goes on by itself.";
