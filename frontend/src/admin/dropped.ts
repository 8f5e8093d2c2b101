/** Files out of a drop; folders come as files that can't be read, so they are counted instead. */
export function droppedFiles(transfer: DataTransfer | null): { files: File[]; folders: number } {
  if (transfer === null) return { files: [], folders: 0 };
  const files = [...transfer.files];
  const entries = [...transfer.items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry?.() ?? null);
  const kept = files.filter((_, at) => entries[at]?.isDirectory !== true);
  return { files: kept, folders: files.length - kept.length };
}

/** Whether what is dragged over the page are files, and not text or a link of the page. */
export function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") === true;
}

interface DropHooks {
  onOver(isOver: boolean): void;
  onDrop(event: DragEvent): void;
}

/** Takes files that are dropped anywhere on the page; beside a drop zone they would replace it. */
export function takeDrops({ onOver, onDrop }: DropHooks): void {
  // Entering a child comes before leaving its parent, so a count tells when the drag has left the page.
  let depth = 0;
  const counted = (change: number) => (event: DragEvent): void => {
    if (!carriesFiles(event)) return;
    depth = Math.max(0, depth + change);
    onOver(depth > 0);
  };
  addEventListener("dragenter", counted(1));
  addEventListener("dragleave", counted(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    onOver(false);
    onDrop(event);
  });
}
