internal import CKernels

/// Adam along an eligibility trace: the gradient of a squared error, −2δ∇y, with the trace e of the output's gradients in
/// the place of ∇y.
///
/// The trace gives credit to what earlier outputs rested on, Adam's second moment makes steps of one length of whatever
/// scale the errors have: both together let temporal-difference learning do without batches (Gogianu et al. 2026,
/// "Adaptive Q(λ)"). Without decay the steps are Adam's.
public struct TracedAdam: ~Copyable, Sendable {
  /// Adam, which steps along the trace.
  public var adam: Adam
  var trace: EligibilityTrace
  /// −2δe [layout.count].
  private var gradient: FloatBuffer

  /// The greatest magnitude of a gradient, whose square float32 still holds.
  private static let greatestGradient = 1e18

  /// Makes an optimiser of parameters of this layout, whose trace is zero.
  public init(_ layout: ParameterLayout, _ adam: consuming Adam, instructionSet: InstructionSet = .best) {
    self.adam = adam
    trace = EligibilityTrace(layout, instructionSet: instructionSet)
    gradient = FloatBuffer(count: layout.count)
  }

  mutating func step(
    _ parameters: inout Parameters, _ gradients: borrowing Gradients, error: Double, decay: Double
  ) {
    let length = trace.accumulate(gradients, decay: Float(decay))
    let bound = Self.greatestGradient / max(length, 1)
    gradient.fill()
    trace.add(to: &gradient, scale: Float(max(-bound, min(bound, -2 * error))))
    adam.step(&parameters, gradient)
  }
}
