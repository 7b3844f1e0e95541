// Made of core.figures.payloads by `python -m tests.js.payloads`.

/** What nearly every header has. */
export interface Said {
  words: Record<string, string>;
  language: string;
}

/** … and what stands under the picture that a visitor saves. */
export interface Captioned {
  words: Record<string, string>;
  language: string;
  caption: string;
}

/** What a canvas shows; a new version makes it follow. */
export interface State {
  version: number;
}

/** Of the tools below a plotly chart. */
export interface Chart {
  words: Record<string, string>;
  language: string;
  key: string;
  file: string;
  poster?: Record<string, Record<string, string>>;
  picks?: boolean;
}

/** Of the button that copies the link. */
export interface CopyLink {
  url: string;
  words: Record<string, string>;
}

/** One experiment; what answers it is there once a visitor has guessed. */
export interface Question {
  id: string;
  text: string;
  options: Array<Array<string>>;
  guess: string;
  answer: string;
  said: string;
  figure: string;
}

/** Of the experiments of a page. */
export interface Questions {
  words: Record<string, string>;
  language: string;
  wide: number;
  questions: Array<Question>;
}

/** A question of the bank, or a term of the glossary, as the list has it. */
export interface Entry {
  id: string;
  group: string;
  title: string;
  ask: string;
  also: Array<string>;
  beside: string;
  short: string;
  stars: number;
  live: boolean;
}

/** What the list shows. */
export interface EntryState {
  version: number;
  view?: string;
  entry: string;
  chapter?: string;
  stars?: number;
  live?: boolean;
  query: string;
}

/** Of the list of questions or terms. */
export interface EntryList {
  words: Record<string, string>;
  language: string;
  kind: string;
  follow: string;
  present: boolean;
  groups: Array<Array<string>>;
  entries: Array<Entry>;
  state: EntryState;
}

/** Of the room beside a lecture; without a code there is none. */
export interface Room {
  words: Record<string, string>;
  language: string;
  resume: boolean;
  code: string;
  key: string;
  path: string;
  address: string;
  qr: string;
  local: boolean;
}

/** The answers to one question. */
export interface RoomSide {
  again: boolean;
  text: string;
  options: Array<string>;
  answer: number;
  counts: Array<number>;
}

/** What the room itself tells the presenter as it changes. */
export interface RoomTally {
  phones: number;
  votes: number;
  asking: boolean;
  sides: Array<RoomSide>;
}

/** Of the helper that listens for keys. */
export interface Stage {
  words: Record<string, string>;
  language: string;
  present: boolean;
  back: string;
  keep: string;
  page: string;
  lecture: string;
  slide: number;
  presenter: boolean;
  draft: string;
  touched: boolean;
}

/** Of the line that says which pages were opened in this browser. */
export interface Seen {
  words: Record<string, string>;
  pages: Array<string>;
}

/** Of the button between paper and stage. */
export interface ThemeSwitch {
  words: Record<string, string>;
  pages: Array<string>;
}
