import { wireMenu } from "../shared/menu";
import type { Deed } from "./deeds";
import type { ListedVideo } from "./shapes";

/** What Alpine gives to the menu of a row: its elements, and the list around it. */
interface Row {
  $el: HTMLElement;
  video: ListedVideo;
  act(deed: Deed, video: ListedVideo): Promise<void>;
}

/** Alpine component: the menu at the end of a row; an item names its deed, or is a link. */
export function rowMenu() {
  return {
    init(this: Row): void {
      const button = this.$el.querySelector<HTMLElement>("[data-menu-button]");
      const panel = this.$el.querySelector<HTMLElement>("[role=menu]");
      if (button === null || panel === null) return;
      wireMenu(button, panel, {
        onChoose: (item) => {
          const deed = item.dataset["deed"];
          if (deed !== undefined) void this.act(deed as Deed, this.video);
        },
      });
    },
  };
}
