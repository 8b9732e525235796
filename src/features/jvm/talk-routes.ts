import { z } from "zod";
import { answerText } from "../../web/answer.ts";
import type { Logger } from "../../web/log.ts";
import { chooseForm } from "../../web/negotiate.ts";
import { pidPath } from "../../web/pid-path.ts";
import type { RouteCall, RouteTable } from "../../web/routes.ts";
import { maySeeSecrets } from "../../web/see-secrets.ts";
import { parseCommands } from "./answers/commands.ts";
import { type JvmFlag, parseFlags } from "./answers/flags.ts";
import { parseProperties } from "./answers/properties.ts";
import { parseThreadDump } from "./answers/thread-dump.ts";
import type { Attacher } from "./attach/attacher.ts";
import { detailJvm } from "./describe-jvm.ts";
import type { Jvm, JvmFinder } from "./jvm-finder.ts";
import { safeText } from "./safe-text.ts";
import { commandsAnswer, flagsAnswer, heapAnswer, propertiesAnswer, threadsAnswer } from "./talk-schema.ts";
import { requireTouch, type TouchLevel } from "./touch.ts";

/** What the routes need that talk to JVMs. */
export interface TalkParts {
  readonly finder: JvmFinder;
  readonly attacher: Attacher;
  readonly touch: TouchLevel;
  readonly log: Logger;
}

/** Something that a JVM is asked, with a route of its own: `/jvm/{pid}/<name>`. */
interface Question<Q extends z.ZodObject> {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly schema: z.ZodType;
  readonly query: Q;
  /** What is sent. */
  readonly command: readonly [string, ...string[]];
  /** The members of the JSON form, beside those that name the JVM. */
  json(text: string, jvm: Jvm, query: z.output<Q>): Promise<object> | object;
  /** The text form, where it is not what the JVM has answered. */
  text?(text: string, query: z.output<Q>): string;
}

const NO_QUERY = z.object({});
const secretsQuery = z.object({
  secrets: z.enum(["show"]).optional().describe("`show` leaves secrets unmasked. For operators; logged."),
});
const flagsQuery = z.object({
  all: z
    .enum(["true", "false"])
    .default("false")
    .describe("`true`: also those that are as they are by default."),
});

const threads: Question<typeof NO_QUERY> = {
  name: "threads",
  summary: "The threads of a JVM with their stacks, states and locks, and deadlocks",
  description:
    "The JVM stops its threads for a moment, at a safepoint, to write them down. As text: the dump as jstack prints it.",
  schema: threadsAnswer,
  query: NO_QUERY,
  command: ["threaddump", "-l"],
  json: (text) => parseThreadDump(text),
};

const flags: Question<typeof flagsQuery> = {
  name: "flags",
  summary: "The flags of a JVM that are not as they are by default, and who set them",
  description: "As its own `VM.flags -all` has them. Values that look secret are masked.",
  schema: flagsAnswer,
  query: flagsQuery,
  command: ["jcmd", "VM.flags -all"],
  json(text, _, query) {
    const all = parseFlags(text);
    return { total: all.length, flags: chosenFlags(all, query.all) };
  },
  text: (text, query) =>
    chosenFlags(parseFlags(text), query.all)
      .map(({ name, value, origin }) => `${name}=${value}  # ${origin}\n`)
      .join(""),
};

const properties: Question<typeof secretsQuery> = {
  name: "properties",
  summary: "The system properties of a JVM; secrets are masked",
  description:
    "Masked by the names of the properties, and by what looks secret in their values; one under a harmless name is not found.",
  schema: propertiesAnswer,
  query: secretsQuery,
  command: ["properties"],
  json: (text, _, { secrets }) => ({ properties: parseProperties(text, secrets === "show") }),
  text: (text, { secrets }) =>
    parseProperties(text, secrets === "show")
      .map(({ name, value }) => `${name}=${value.replaceAll("\n", "\\n")}\n`)
      .join(""),
};

const heap: Question<typeof NO_QUERY> = {
  name: "heap",
  summary: "The heap of a JVM as its collector describes it, now",
  description: "Its own `GC.heap_info`: what is used at this moment, not at the last collection.",
  schema: heapAnswer,
  query: NO_QUERY,
  command: ["jcmd", "GC.heap_info"],
  async json(text, jvm) {
    const { figures } = await detailJvm(jvm);
    return { lines: text.trimEnd().split("\n"), memory: figures?.memory ?? null };
  },
};

const commands: Question<typeof NO_QUERY> = {
  name: "commands",
  summary: "What the jcmd of a JVM offers",
  description: "It differs between versions. The sidecar sends none but those that its other routes need.",
  schema: commandsAnswer,
  query: NO_QUERY,
  command: ["jcmd", "help"],
  json: (text) => ({ commands: parseCommands(text) }),
};

/** Adds the routes that ask a JVM. */
export function addTalkRoutes(table: RouteTable, parts: TalkParts): void {
  addQuestion(table, threads, parts);
  addQuestion(table, flags, parts);
  addQuestion(table, properties, parts);
  addQuestion(table, heap, parts);
  addQuestion(table, commands, parts);
}

function addQuestion<Q extends z.ZodObject>(
  table: RouteTable,
  question: Question<Q>,
  parts: TalkParts,
): void {
  table.add(
    "GET",
    `/jvm/{pid}/${question.name}`,
    {
      summary: question.summary,
      description: `${question.description} Takes the level \`talk\`, and a JVM that can be attached to.`,
      role: "viewer",
      params: pidPath,
      query: question.query,
      responses: {
        200: {
          description: "The JVM's answer.",
          content: { "application/json": question.schema, "text/plain": null },
        },
        ...TALK_REFUSALS,
      },
    },
    async (call) => {
      requireTouch(parts.touch, "talk");
      checkSecrets(call, parts.log);
      const form = chooseForm(call.ctx, ["json", "text"]);
      const jvm = await parts.finder.require(Number(call.params.pid));
      const text = await parts.attacher.ask(jvm, ...question.command);
      if (form === "text") answerText(call.ctx, safeText(question.text?.(text, call.query) ?? text));
      else call.ctx.body = { ...refOf(jvm), ...(await question.json(text, jvm, call.query)) };
    },
  );
}

/** What all routes may answer that talk to a JVM. */
export const TALK_REFUSALS = {
  403: { description: "The settings do not allow it (`jvm.touch`), or the operating system does not." },
  404: { description: "No such process." },
  409: { description: "It is no JVM of the app, can't be attached to, or refuses." },
  504: { description: "It did not answer in time." },
};

/** What names a JVM in answers. */
export function refOf({ stat, startTime }: Jvm): { pid: number; startTime: string; name: string } {
  return { pid: stat.pid, startTime, name: stat.comm };
}

function chosenFlags(all: readonly JvmFlag[], isAll: "true" | "false"): readonly JvmFlag[] {
  return isAll === "true" ? all : all.filter(({ origin }) => origin !== "default");
}

/** Writes down who sees secrets; throws where that is a viewer. */
export function checkSecrets(call: RouteCall<unknown, object>, log: Logger): void {
  if (!("secrets" in call.query) || call.query.secrets !== "show") return;
  maySeeSecrets(call, call.query.secrets, {
    what: "unmasked values",
    entry: { audit: "jvm.secrets", path: call.ctx.path },
    message: "unmasked values of a JVM were shown",
    log,
  });
}
