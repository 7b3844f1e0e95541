// The network as a column of boxes, from text in to text out.

import { fitCanvas } from "../shared/draw.js";
import { FigureView } from "../shared/figure.js";
import { mounted } from "../shared/mount.js";

class FlowFigure extends FigureView {
  constructor(root) {
    super(root, ".flow", "model_flow");
  }

  take() {}

  draw() {
    const figure = this.part(".flow-figure");
    const context = fitCanvas(figure.firstElementChild, figure.clientWidth, figure.clientHeight, this.ratio);
    context.clearRect(0, 0, figure.clientWidth, figure.clientHeight);
    context.fillStyle = this.theme.fg;
    context.font = this.font();
    this.meta.parts.slice(0, 24).forEach((part, at) => context.fillText(`${part.role} ${part.parameters}`, 20, 20 + 18 * at));
  }
}

export default mounted((root) => new FlowFigure(root));
