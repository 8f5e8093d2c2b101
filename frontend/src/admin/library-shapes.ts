/** The admin API's answers about what orders the library, under the names that these pages use. */
import type { FieldShape } from "./api-types";

export type { Category, Chapter, FieldShape as FieldDefinition, FieldValue, Playlist, PlaylistVideo, Tag } from "./api-types";
export type FieldType = FieldShape["field_type"];
