import { useAnswer } from "../../api/use-answer.ts";
import { bytes, count, duration, percent, UNKNOWN } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Figure, headsOf } from "../../ui/scroll-table.tsx";
import { Unreadable } from "../../ui/unreadable.tsx";
import { askingOf, type PartProps } from "./asking.ts";
import { PartTable } from "./part-table.tsx";

/** What there is to know of a process beside its figures: each is asked for while it is looked at. */

/** The threads, with the CPU that each takes. */
export function Threads(props: PartProps) {
  const answer = useAnswer("GET /processes/{pid}/threads", askingOf(props));
  return (
    <Loaded of={answer}>
      {({ threads, total, unreadable }) => (
        <>
          <PartTable
            label="Threads"
            heads={headsOf(["Name", "State"], ["TID", "CPU", "CPU time", "Waits", "Taken off", "Last CPU"])}
            total={total}
            find={props.find}
            empty="It has no threads any more."
            rows={threads.map((each) => ({
              key: each.tid,
              text: `${each.tid} ${each.name} ${each.state}`,
              cells: (
                <>
                  <td>{each.name}</td>
                  <td>{each.state}</td>
                  <Figure>{each.tid}</Figure>
                  <Figure>{percent(each.cpuPercent / 100)}</Figure>
                  <Figure>{duration(each.cpuTimeNs / 1e6)}</Figure>
                  <Figure>{count(each.voluntarySwitches)}</Figure>
                  <Figure>{count(each.involuntarySwitches)}</Figure>
                  <Figure>{each.lastCpu}</Figure>
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

/** The open files. */
export function Files(props: PartProps) {
  const answer = useAnswer("GET /processes/{pid}/files", askingOf(props));
  return (
    <Loaded of={answer}>
      {({ files, total, limit, unreadable }) => (
        <>
          <p class="dim">
            {count(total)} open, of{" "}
            {limit === null ? UNKNOWN : typeof limit === "number" ? count(limit) : limit} allowed.
          </p>
          <PartTable
            label="Open files"
            heads={headsOf(["Descriptor", "Kind", "What", "Access"], ["Position"])}
            total={total}
            find={props.find}
            empty={files === null ? "Its files can’t be read here." : "It has no file open."}
            rows={(files ?? []).map((each) => ({
              key: each.fd,
              text: `${each.fd} ${each.kind} ${each.target}`,
              cells: (
                <>
                  <td>{each.fd}</td>
                  <td>{each.kind}</td>
                  <td>
                    <code>{each.target}</code>{" "}
                    {each.isDeleted ? <span class="fair">deleted, but still open</span> : null}
                  </td>
                  <td>{each.access ?? UNKNOWN}</td>
                  <Figure>{each.kind === "file" ? bytes(each.positionBytes) : ""}</Figure>
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

/** The sockets, with both ends. */
export function Sockets(props: PartProps) {
  const answer = useAnswer("GET /processes/{pid}/sockets", askingOf(props));
  return (
    <Loaded of={answer}>
      {({ sockets, total, unreadable }) => (
        <>
          <PartTable
            label="Sockets"
            heads={headsOf(["Descriptor", "Kind", "State", "Own end", "Other end"], ["To send", "To read"])}
            total={total}
            find={props.find}
            empty={sockets === null ? "Its sockets can’t be read here." : "It has no socket."}
            rows={(sockets ?? []).map((each) => ({
              key: each.fd,
              text: `${each.fd} ${each.family ?? ""} ${each.type ?? ""} ${each.state ?? ""} ${each.local ?? ""} ${each.peer ?? ""}`,
              cells: (
                <>
                  <td>{each.fd}</td>
                  <td>
                    {each.family ?? UNKNOWN} {each.type}
                  </td>
                  <td>{each.state ?? UNKNOWN}</td>
                  <td>{each.local ?? UNKNOWN}</td>
                  <td>{each.peer ?? UNKNOWN}</td>
                  <Figure>{bytes(each.sendQueueBytes)}</Figure>
                  <Figure>{bytes(each.receiveQueueBytes)}</Figure>
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

/** The limits, with what is used of them. */
export function Limits(props: PartProps) {
  const answer = useAnswer("GET /processes/{pid}/limits", askingOf(props));
  const amount = (value: number | "unlimited" | null, unit: string | null) =>
    typeof value === "string" ? value : unit === "bytes" ? bytes(value) : count(value);
  return (
    <Loaded of={answer}>
      {({ limits, unreadable }) => (
        <>
          <PartTable
            label="Limits"
            heads={[...headsOf(["Limit"], ["Used", "Allowed", "At most"]), { title: "Unit" }]}
            total={null}
            find={props.find}
            empty="Its limits can’t be read here."
            rows={(limits ?? []).map((each) => ({
              key: each.name,
              text: each.name,
              cells: (
                <>
                  <td>{each.name}</td>
                  <Figure>{amount(each.used, each.unit)}</Figure>
                  <Figure>{amount(each.soft, each.unit)}</Figure>
                  <Figure>{amount(each.hard, each.unit)}</Figure>
                  <td class="dim">{each.unit === "bytes" ? "" : each.unit}</td>
                </>
              ),
            }))}
          />
          <p class="dim">A dash under “Used”: the kernel does not count it.</p>
          <Unreadable notes={unreadable} />
        </>
      )}
    </Loaded>
  );
}
