import { Remedy } from "./remedy.tsx";

/** What could not be read, why, and what mends it. */
export interface Note {
  readonly field: string;
  readonly reason: string;
  readonly remedy?: string | null | undefined;
}

/** Says what is not known and why, those with the same reason together; nothing where all could be read. */
export function Unreadable({ notes }: { notes: readonly Note[] }) {
  if (notes.length === 0) return null;
  const groups = Map.groupBy(notes, ({ reason, remedy }) => JSON.stringify([reason, remedy ?? ""]));
  return (
    <div class="unreadable">
      {[...groups].map(([key, [first, ...others]]) =>
        first === undefined ? null : (
          <div key={key}>
            <p>
              <strong>Not known: {[first, ...others].map(({ field }) => field).join(", ")}.</strong>{" "}
              {sentence(first.reason)}
            </p>
            <Remedy text={first.remedy ?? undefined} />
          </div>
        ),
      )}
    </div>
  );
}

/** Some reasons are written to stand within a line of text. */
function sentence(reason: string): string {
  return `${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}${reason.endsWith(".") ? "" : "."}`;
}
