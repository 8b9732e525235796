import { useAnswer } from "../../api/use-answer.ts";
import { Fact } from "../../ui/fact.tsx";
import { bytes } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Figure, headsOf } from "../../ui/scroll-table.tsx";
import { Unreadable } from "../../ui/unreadable.tsx";
import { askingOf, type PartProps } from "./asking.ts";
import { PartTable } from "./part-table.tsx";

/** What a process has in its memory: its environment, and its mappings. */

/** The environment it was started with; secrets are masked by the sidecar. */
export function Environment(props: PartProps) {
  const answer = useAnswer("GET /processes/{pid}/env", askingOf(props, false));
  return (
    <Loaded of={answer}>
      {({ variables, total, unreadable }) => (
        <>
          <p class="dim">As it was when the program was started. What looks secret is masked.</p>
          <PartTable
            label="Environment"
            heads={headsOf(["Name", "Value"])}
            total={total}
            find={props.find}
            empty={variables === null ? "Its environment can’t be read here." : "It is empty."}
            rows={(variables ?? []).map((each, index) => ({
              key: `${index} ${each.name}`,
              text: `${each.name} ${each.value}`,
              cells: (
                <>
                  <td>
                    <code>{each.name}</code>
                  </td>
                  <td>{each.isMasked ? <span class="dim">masked</span> : <code>{each.value}</code>}</td>
                </>
              ),
            }))}
          />
          <Unreadable notes={unreadable} />
        </>
      )}
    </Loaded>
  );
}

/** What its memory is used for. */
export function Memory(props: PartProps) {
  const answer = useAnswer("GET /processes/{pid}/maps", askingOf(props, false));
  return (
    <Loaded of={answer}>
      {({ summary, mappings, total, virtualBytes, unreadable }) => (
        <>
          <dl class="facts">
            <Fact name="Resident">{bytes(summary?.rssBytes)}</Fact>
            <Fact name="Its own">
              {bytes(summary?.privateBytes)} <span class="dim">would be free if it ended</span>
            </Fact>
            <Fact name="Shared">{bytes(summary?.sharedBytes)}</Fact>
            <Fact name="Fair share">
              {bytes(summary?.pssBytes)} <span class="dim">shared pages divided by those who share them</span>
            </Fact>
            <Fact name="Anonymous">
              {bytes(summary?.anonymousBytes)} <span class="dim">heaps and stacks, not files</span>
            </Fact>
            <Fact name="Swapped out">{bytes(summary?.swapBytes)}</Fact>
            <Fact name="Addresses">{bytes(virtualBytes)}</Fact>
          </dl>
          <PartTable
            label="Mappings"
            heads={headsOf(["Addresses", "Rights", "What"], ["Size"])}
            total={total}
            find={props.find}
            empty="Its mappings can’t be read here."
            rows={(mappings ?? []).map((each) => ({
              key: each.start,
              text: `${each.path ?? "anonymous"} ${each.permissions}`,
              cells: (
                <>
                  <td>
                    <code>
                      {each.start}-{each.end}
                    </code>
                  </td>
                  <td>
                    <code>{each.permissions}</code>
                  </td>
                  <td>
                    {each.path === null ? <span class="dim">anonymous</span> : <code>{each.path}</code>}
                  </td>
                  <Figure>{bytes(each.bytes)}</Figure>
                </>
              ),
            }))}
          />
          <Unreadable notes={unreadable} />
        </>
      )}
    </Loaded>
  );
}
