// What our scripts keep in the window, and short names of types that all use.

interface Window {
  __glassboxFrames?: Record<string, number[]>;
  __glassboxKeep?: string;
  __glassboxLabels?: { model: string; labels: string[] };
}

type Context2D = CanvasRenderingContext2D;
type Words = Record<string, string>;
