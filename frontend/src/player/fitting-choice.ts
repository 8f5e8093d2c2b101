import shaka from "shaka-player/dist/shaka-player.dash-es2021.js";
import { heightFor, type Size } from "./fit";

/** Shaka's choice of sizes, limited by the box: no 2160p into 640 px, it would cost the viewer's data for nothing.
 *  A size that somebody chose by hand is not asked about here. */
export class FittingChoice extends shaka.abr.SimpleAbrManager {
  readonly #box: () => Size;
  #sizes: Size[] = [];
  #limits: shaka.extern.Restrictions | null = null;

  constructor(box: () => Size) {
    super();
    this.#box = box;
  }

  override configure(config: shaka.extern.AbrConfiguration): void {
    this.#limits = config.restrictions;
    super.configure(config);
  }

  override setVariants(variants: shaka.extern.Variant[], isLowLatency: boolean): boolean {
    this.#sizes = variants.map(({ video }) => ({ width: video?.width ?? 0, height: video?.height ?? 0 }));
    return super.setVariants(variants, isLowLatency);
  }

  override chooseVariant(preferFastSwitching?: boolean): shaka.extern.Variant {
    if (this.#limits !== null) this.#limits.maxHeight = heightFor(this.#box(), this.#sizes);
    return super.chooseVariant(preferFastSwitching);
  }
}
