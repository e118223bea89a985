/** What a fiber takes: memory, page faults, mappings, and the time to create it and to enter it first. */
import type { Result, Sample } from "../../cell.js";
import type { Bar, BarPicture, LinePicture, Picture } from "../picture.js";
import type { Unit } from "../units.js";
import { fullestSize, nameOf, rankOf, seriesOf, spread } from "./series.js";

interface Quantity {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly axis: string;
  readonly unit: Unit;
  readonly scale: "log" | "linear";
  readonly value: (sample: Sample) => number | undefined;
}

const QUANTITIES: readonly Quantity[] = [
  {
    id: "bytes",
    title: "Resident bytes per fiber",
    about:
      "What a suspended fiber adds to the memory of the process, after a garbage collection where there is one; lower is better.",
    axis: "bytes per fiber",
    unit: "bytes",
    scale: "log",
    value: ({ bytesPerFiber }) => bytesPerFiber,
  },
  {
    id: "faults",
    title: "Page faults per fiber",
    about:
      "Page faults for creating a fiber and entering it once: each is a trip into the kernel; lower is better.",
    axis: "page faults per fiber",
    unit: "number",
    scale: "linear",
    value: ({ faultsPerFiber }) => faultsPerFiber,
  },
  {
    id: "mapped",
    title: "Address space per fiber",
    about:
      "What a fiber adds to the mappings of the process, whether it is resident or not; lower is better.",
    axis: "bytes per fiber",
    unit: "bytes",
    scale: "log",
    value: ({ mappedBytesPerFiber }) => mappedBytesPerFiber,
  },
  {
    id: "mappings",
    title: "Memory mappings of the process",
    about:
      "All of them, while every fiber lives. Linux allows 65,530 unless told otherwise: a stack with a guard page takes two, and that is the bug report's limit.",
    axis: "mappings",
    unit: "count",
    scale: "log",
    value: ({ mappings }) => mappings,
  },
];

export function creation(results: readonly Result[]): Picture[] {
  return [...QUANTITIES.flatMap((quantity) => quantities(results, quantity)), ...parts(results)];
}

function quantities(results: readonly Result[], quantity: Quantity): LinePicture[] {
  const { id, title, about, axis, unit, scale, value } = quantity;
  // A few fibers add less than the process varies by itself. Such values have no place on a logarithmic axis.
  const positive = (sample: Sample): number | undefined => {
    const found = value(sample);
    return found !== undefined && (scale === "linear" || found > 0) ? found : undefined;
  };
  const { series, notes, asides } = seriesOf(results, { experiment: "create", value: positive });
  const lines = series.filter(({ points }) => points.length > 0);
  if (lines.length === 0) return [];
  return [
    {
      kind: "lines",
      id,
      chapter: "memory",
      title,
      about,
      x: { name: "fibers", unit: "count", scale: "log" },
      y: { name: axis, unit, scale },
      whiskers: "the median is within",
      series: lines,
      notes,
      asides,
    },
  ];
}

/** One bar per runtime, at the number of fibers at which most runtimes could be measured. */
function parts(results: readonly Result[]): BarPicture[] {
  const created = results.filter(({ cell }) => cell.experiment === "create");
  const size = fullestSize(created);
  if (size === undefined) return [];
  const members = created.filter(({ cell }) => cell.fibers === size);
  const split = bars(members, [
    ({ createSeconds }) => createSeconds,
    ({ enterSeconds }) => enterSeconds,
  ]);
  const modes = bars(members, [
    ({ userSeconds }) => userSeconds,
    ({ systemSeconds }) => systemSeconds,
  ]);
  const at = `${size.toLocaleString("en-US")} fibers`;
  const made: BarPicture[] = [];
  if (split.length > 0) {
    made.push({
      ...common("create-split", `Creating a fiber and entering it first, ${at}`, split),
      about: "Time for each fiber: to create it, and to switch to it for the first time.",
      parts: ["create", "first entry"],
    });
  }
  if (modes.length > 0) {
    made.push({
      ...common("create-modes", `The same in the program and in the kernel, ${at}`, modes),
      about:
        "User and system time for each fiber. The kernel's part is mappings and page faults. Where several threads work, the sum is more than the time that passed.",
      parts: ["user", "system"],
    });
  }
  return made;
}

function common(id: string, title: string, members: readonly Bar[]): Omit<BarPicture, "about"> {
  return {
    kind: "bars",
    id,
    chapter: "memory",
    title,
    axis: { name: "time per fiber", unit: "seconds", scale: "linear" },
    parts: [],
    bars: members,
    notes: [],
  };
}

function bars(
  members: readonly Result[],
  values: readonly ((sample: Sample) => number | undefined)[],
): Bar[] {
  const sorted = members.toSorted((a, b) => rankOf(a.cell.runtime) - rankOf(b.cell.runtime));
  return sorted.flatMap((result) => {
    const { cell } = result;
    const found = values.map((value) => spread(result, value)?.y);
    if (found.includes(undefined)) return [];
    const each = (found as number[]).map((seconds) => seconds / cell.fibers);
    return [{ name: nameOf(cell), runtime: cell.runtime, values: each }];
  });
}
