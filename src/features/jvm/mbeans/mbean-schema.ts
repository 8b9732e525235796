import { z } from "zod";
import { messageOf } from "../../../base/errors.ts";
import type { Json } from "../jmx/json.ts";
import { parseObjectName } from "../jmx/object-name.ts";
import { jvmRef } from "../jvm-schema.ts";

/** What the routes of MBeans take and answer. */

const WHOLE = /^\d{1,6}$/;
const DEFAULT_LIMIT = 1_000;
/** The most names of one answer. */
export const MAX_LIMIT = 10_000;

/** A name of MBeans, or a pattern of names. */
const objectNameText = z.string().superRefine((text, issues) => {
  try {
    parseObjectName(text);
  } catch (error) {
    issues.addIssue({ code: "custom", message: messageOf(error) });
  }
});

/** The MBean in the path. */
export const mbeanPath = z.object({
  pid: z
    .string()
    .regex(/^[1-9]\d{0,9}$/, "must be a process id: a whole number from 1")
    .describe("As the sidecar sees it."),
  mbean: objectNameText.describe("The name of the MBean, percent-encoded: `java.lang:type=Memory`."),
});

/** An attribute in the path. */
export const attributePath = mbeanPath.extend({ attribute: z.string().min(1).max(1_024) });

/** An operation in the path. */
export const operationPath = mbeanPath.extend({
  operation: z
    .string()
    .min(1)
    .max(1_024)
    .describe("Its name; where there are several of it, with the types: `dumpThreads([J,boolean)`."),
});

/** The query of the list. */
export const listQuery = z.object({
  query: objectNameText.optional().describe("A pattern of names: `java.lang:*`. All, unless given."),
  limit: z
    .string()
    .regex(WHOLE, "must be a whole number")
    .refine((text) => Number(text) >= 1 && Number(text) <= MAX_LIMIT, `must be 1 to ${MAX_LIMIT}`)
    .default(String(DEFAULT_LIMIT))
    .describe(`The most names of one answer: ${DEFAULT_LIMIT} unless asked for, at most ${MAX_LIMIT}.`),
  cursor: z.string().max(8_192).optional().describe("Where to go on: the `next` of an answer."),
});

/** The query of what shows values. */
export const secretsQuery = z.object({
  secrets: z.enum(["show"]).optional().describe("`show` leaves secrets unmasked. For operators; logged."),
});

/** The answer of `GET /jvm/{pid}/mbeans`. */
export const mbeanList = jvmRef.extend({
  total: z.int().meta({ description: "How many names match." }),
  mbeans: z.array(z.object({ mbean: z.string(), path: z.string() })).meta({ description: "By their names." }),
  next: z
    .string()
    .nullable()
    .meta({ description: "The `cursor` for the names after these; null: there are none." }),
});

const value = z.unknown().meta({
  description:
    "As JSON: open types as objects and arrays, integers with all their digits, texts that look secret masked.",
});
const attributeValue = z.object({
  name: z.string(),
  type: z.string().meta({ description: "As Java names it." }),
  description: z.string(),
  isReadable: z.boolean(),
  isWritable: z.boolean(),
  value,
  reason: z.string().nullable().meta({ description: "Why `value` is null though the attribute may not be." }),
});
const parameter = z.object({ name: z.string(), type: z.string(), description: z.string() });

/** The answer of `GET /jvm/{pid}/mbeans/{mbean}`. */
export const mbeanDetail = jvmRef.extend({
  mbean: z.string(),
  className: z.string(),
  description: z.string(),
  attributes: z.array(attributeValue),
  operations: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      returnType: z.string(),
      impact: z.enum(["info", "action", "action-info", "unknown"]),
      parameters: z.array(parameter),
    }),
  ),
  notifications: z.array(z.object({ name: z.string(), description: z.string(), types: z.array(z.string()) })),
});

/** Checked by what the MBean takes. */
const givenValue = z.custom<Json>((given) => given !== undefined, "must be given");

/** One attribute, read or set. */
export const attributeAnswer = jvmRef.extend({ mbean: z.string(), attribute: z.string(), value });
/** What an attribute is set to. */
export const attributeRequest = z.strictObject({ value: givenValue });
/** What an operation is called with. */
export const operationRequest = z.strictObject({
  arguments: z.array(givenValue).default([]).meta({ description: "In the order of its parameters." }),
});
/** What an operation has given. */
export const operationAnswer = jvmRef.extend({ mbean: z.string(), operation: z.string(), result: value });
