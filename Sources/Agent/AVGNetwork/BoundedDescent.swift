internal import CKernels

/// Overshooting-bounded gradient descent along an eligibility trace: ObGD (Elsayed, Vasan & Mahmood 2024, algorithm 3).
///
/// The step is as short as it must be lest the error changes its sign: M = α·κ·max(|δ|, 1)·‖e‖₁ bounds how much of the
/// error a step of size α could take away, and where M is above 1 the step is α / M. With α = 1 that is always so, and
/// ‖Δw‖₁ = min(|δ|, 1) / κ.
public struct BoundedDescent: ~Copyable, Sendable {
  /// The step size α without the bound.
  public let stepSize: Double
  /// The share κ⁻¹ of an error that a step may take away at most.
  public let boundFactor: Double
  /// What each step is multiplied by, besides.
  public let factor: Double
  /// The steps taken so far.
  public var stepCount = 0
  /// The size of the last step, α or α / M, times the factor.
  public private(set) var lastStepSize = 0.0
  var trace: EligibilityTrace

  /// Makes an optimiser of parameters of this layout, whose trace is zero.
  public init(
    _ layout: ParameterLayout, stepSize: Double, boundFactor: Double, factor: Double = 1,
    instructionSet: InstructionSet = .best
  ) {
    self.factor = factor
    self.stepSize = stepSize
    self.boundFactor = boundFactor
    trace = EligibilityTrace(layout, instructionSet: instructionSet)
  }

  mutating func step(
    _ parameters: inout Parameters, _ gradients: borrowing Gradients, error: Double, decay: Double
  ) {
    stepCount += 1
    let length = trace.accumulate(gradients, decay: Float(decay))
    let overshoot = stepSize * boundFactor * max(abs(error), 1) * length
    lastStepSize = factor * (overshoot > 1 ? stepSize / overshoot : stepSize)
    trace.add(to: &parameters.values, scale: Float(lastStepSize * error))
  }
}
