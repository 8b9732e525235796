import type { CoreProcessFinder } from "../../linux/core-process.ts";
import { createRuntimeFinder } from "../../linux/runtime/identify-runtime.ts";
import { answerPage, answerText } from "../../web/answer.ts";
import { chooseForm } from "../../web/negotiate.ts";
import { type CapabilityPart, capabilityOf, type Feature } from "../feature.ts";
import { listRuntimes } from "./list-runtimes.ts";
import { runtimesPage, runtimesText } from "./runtime-forms.ts";
import { runtimeList } from "./runtime-schema.ts";

/** The feature `runtime`: what kind of program each process of the core is, read from outside. */

/** What the feature needs. */
export interface RuntimeDeps {
  readonly coreProcess: CoreProcessFinder;
}

/** Makes the feature. */
export function createRuntime({ coreProcess }: RuntimeDeps): Feature {
  const finder = createRuntimeFinder();
  const list = async () => listRuntimes(await coreProcess.find(), finder);
  return {
    name: "runtime",
    diagnostics: [{ file: "runtime.json", read: list }],
    async capability() {
      const { processes, reason, remedy } = await list();
      const [main] = processes;
      return capabilityOf([partOf(main, { reason, remedy })]);
    },
    routes(table) {
      table.add(
        "GET",
        "/runtime",
        {
          summary:
            "What kind of program each process of the app is (JVM, .NET, Node.js, Python, Go, Ruby, PHP, native), with its version",
          description:
            "Told by the executable, by the files that are mapped, and by what these say of themselves: nothing is sent to a process. With the figures that any of them has. What can't be read is null, and `unreadable` says why.",
          role: "viewer",
          responses: {
            200: {
              description: "The app's processes, the main one first.",
              content: { "application/json": runtimeList, "text/plain": null, "text/html": null },
            },
          },
        },
        async ({ ctx }) => {
          const form = chooseForm(ctx, ["json", "text", "html"]);
          const answer = await list();
          if (form === "json") ctx.body = answer;
          if (form === "text") answerText(ctx, runtimesText(answer));
          if (form === "html") answerPage(ctx, runtimesPage(answer));
        },
      );
    },
  };
}

type Why = { readonly reason: string | null; readonly remedy: string | null };

function partOf(
  main: Awaited<ReturnType<typeof listRuntimes>>["processes"][number] | undefined,
  why: Why,
): CapabilityPart {
  const name = "tell what the app's main process runs on";
  const unread =
    main?.unreadable.find(({ field }) => field === "kind") ?? (main === undefined ? why : undefined);
  if (unread === undefined) {
    return {
      name,
      works: true,
      reason: `It is ${main?.pid}: ${main?.kind} ${main?.version ?? ""}`.trimEnd(),
    };
  }
  const { reason, remedy } = unread;
  return {
    ...{ name, works: false },
    ...(reason === null ? {} : { reason }),
    ...(remedy === null ? {} : { remedy }),
  };
}
