/** The counters of a network interface as `/proc/<pid>/net/dev` tells them (proc_pid_net(5)). */
export interface InterfaceFigures {
  readonly name: string;
  readonly receiveBytes: number;
  readonly receivePackets: number;
  readonly receiveErrors: number;
  readonly receiveDrops: number;
  readonly transmitBytes: number;
  readonly transmitPackets: number;
  readonly transmitErrors: number;
  readonly transmitDrops: number;
}

/** Parses `/proc/<pid>/net/dev`: the interfaces of the network namespace that the process is in. */
export function parseNetDev(text: string): InterfaceFigures[] {
  return text.split("\n").flatMap((line) => {
    // A name may hold a colon (an alias); the figures never do.
    const [, name, figures] = /^\s*(\S+):\s*(\d[\d\s]*)$/.exec(line) ?? [];
    if (name === undefined || figures === undefined) return [];
    const at = figures.trim().split(/\s+/).map(Number);
    return [
      {
        name,
        receiveBytes: at[0] ?? 0,
        receivePackets: at[1] ?? 0,
        receiveErrors: at[2] ?? 0,
        receiveDrops: at[3] ?? 0,
        transmitBytes: at[8] ?? 0,
        transmitPackets: at[9] ?? 0,
        transmitErrors: at[10] ?? 0,
        transmitDrops: at[11] ?? 0,
      },
    ];
  });
}
