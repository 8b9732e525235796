import { z } from "zod";
import { fileState } from "../files/file-schema.ts";

/** What is told of recordings. */

/** A recording goes on for so long at most. */
export const MAX_DURATION_SECONDS = 3_600;

/** What `POST …/recordings` is asked. */
export const recordingRequest = z.strictObject({
  durationSeconds: z.int().min(1).max(MAX_DURATION_SECONDS).default(60),
  settings: z.enum(["default", "profile"]).default("default").meta({
    description:
      "What the JDK's own settings of that name record: `default` costs about one percent, `profile` about two.",
  }),
  maxBytes: z.int().min(1_048_576).optional().meta({
    description:
      "What the JVM keeps of it, the oldest going first; it drops whole chunks of some MB. `jvm.maxRecordingBytes`, unless given.",
  }),
  beside: z.boolean().default(false).meta({
    description:
      "Whether to begin although the JVM runs other recordings: it then records for each what any of them asks for.",
  }),
});

/** A recording. */
export const recordingState = fileState.extend({
  durationSeconds: z.int(),
  settings: z.string(),
  maxBytes: z.int(),
  progress: z.number().meta({ description: "How much of the time is over: 1 at its end." }),
});

/** The recordings that are kept. */
export const recordingList = z.object({ recordings: z.array(recordingState) });

/** What is wished for. */
export interface RecordingWish extends z.output<typeof recordingRequest> {
  readonly maxBytes: number;
}
