import { call, wordsOf } from "./client";
import { ask } from "./confirm";
import { type ToastAction, toast } from "./toast";

interface Named {
  id: number;
  title: string;
}

/** What can be done to a video, with its question before and its word after. True when it was done. */
export type Deed = "publish" | "unpublish" | "retry" | "restore" | "trash" | "destroy";

const SAYS: Record<Deed, string> = {
  publish: "is published",
  unpublish: "is hidden from visitors",
  retry: "is being made ready again",
  restore: "is restored",
  trash: "is in the archive",
  destroy: "is deleted permanently",
};

async function question(deed: Deed, { title }: Named): Promise<boolean> {
  if (deed === "trash") {
    return ask({
      title: "Move to the archive?",
      text: `“${title}” can no longer be watched then. It can be restored from the archive until its time is over.`,
      action: "Move to the archive",
      danger: true,
    });
  }
  if (deed === "destroy") {
    return ask({
      title: "Delete permanently?",
      text: "The video, its source file and everything made from it are removed. Nothing can bring them back.",
      action: "Delete permanently",
      danger: true,
      typed: title,
    });
  }
  return true;
}

function send(deed: Deed, id: number): Promise<unknown> {
  const path = { video_id: id };
  if (deed === "trash") return call("DELETE /api/videos/{video_id}", { path, query: { permanent: false } });
  if (deed === "destroy") return call("DELETE /api/videos/{video_id}", { path, query: { permanent: true } });
  return call(`POST /api/videos/{video_id}/${deed}`, { path });
}

/** `onUndone` is called when somebody has taken it back after all. */
export async function perform(deed: Deed, video: Named, onUndone: () => void = () => undefined): Promise<boolean> {
  if (!(await question(deed, video))) return false;
  try {
    await send(deed, video.id);
  } catch (error) {
    toast(wordsOf(error), "error");
    return false;
  }
  toast(`“${video.title}” ${SAYS[deed]}.`, "done", undoing(deed, video, onUndone));
  return true;
}

const OPPOSITES: Partial<Record<Deed, Deed>> = { trash: "restore", publish: "unpublish", unpublish: "publish" };

function undoing(deed: Deed, video: Named, onUndone: () => void): ToastAction | null {
  const back = OPPOSITES[deed];
  if (back === undefined) return null;
  return {
    label: "Undo",
    run: async () => {
      try {
        await send(back, video.id);
        toast(`“${video.title}” ${SAYS[back]}.`);
      } catch (error) {
        toast(wordsOf(error), "error");
      }
      onUndone();
    },
  };
}
