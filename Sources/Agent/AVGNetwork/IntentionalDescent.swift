internal import CKernels
internal import AVGCore

/// Gradient steps along an eligibility trace whose size is chosen for what they do to the output: intentional updates
/// (Sharifnassab et al., ICML 2026).
///
/// A step should change the recent outputs, in their discounted root mean square along the trace, by η times the error.
/// With h the deviation of each entry's gradient, e/h is stepped along; Cauchy and Schwarz bound its effect on an output
/// with the gradient g by √(Σ g²/h · Σ e²/h), and η over the running value of that is the step size.
public struct IntentionalDescent: ~Copyable, Sendable {
  /// The constants of the rule; the defaults are the published ones.
  public struct Settings: Hashable, Sendable {
    /// The share η of the error that a step takes away.
    public var share: Double
    /// Divides errors by their running mean size, as for a policy, whose log-probabilities know no scale of rewards.
    public var normalizesErrors: Bool
    /// The decay β₂ of the running mean ν of the squared gradient.
    public var squareDecay = 0.999
    /// C: errors beyond so many times their root mean square are clipped.
    public var errorClip = 20.0
    /// The decay of the running mean of the squared error.
    public var errorClipDecay = 0.9998
    /// The decay of the running mean size of the errors.
    public var errorDecay = 0.9998

    /// Makes the published settings with this share.
    public init(share: Double, normalizesErrors: Bool) {
      self.share = share
      self.normalizesErrors = normalizesErrors
    }
  }

  /// The constants.
  public let settings: Settings
  /// The steps taken so far.
  public var stepCount = 0
  /// σ̄, the running mean of Σ g²/h, still to be divided by 1 − (γλ)ᵗ.
  public private(set) var gradientMean = 0.0
  /// The running mean of the squared error, which starts at 1 as published.
  public private(set) var squaredErrorMean = 1.0
  /// The running mean size of the errors, after the clip.
  public private(set) var errorMean = 0.0
  /// The size of the last step.
  public private(set) var lastStepSize = 0.0
  /// The error that the last step was multiplied by, clipped and divided.
  public private(set) var lastError = 0.0
  var trace: EligibilityTrace
  /// ν.
  var squares: FloatBuffer

  /// What is added to the deviations, and the least number that is divided by.
  private static let epsilon = 1e-8

  /// Makes an optimiser of parameters of this layout, whose trace is zero.
  public init(_ layout: ParameterLayout, _ settings: Settings, instructionSet: InstructionSet = .best) {
    self.settings = settings
    trace = EligibilityTrace(layout, instructionSet: instructionSet)
    squares = FloatBuffer(count: layout.count)
  }

  /// The running means, for a file.
  var means: [Double] {
    get { [gradientMean, squaredErrorMean, errorMean] }
    set { (gradientMean, squaredErrorMean, errorMean) = (newValue[0], newValue[1], newValue[2]) }
  }

  mutating func step(
    _ parameters: inout Parameters, _ gradients: borrowing Gradients, error: Double, decay: Double
  ) {
    stepCount += 1
    let count = Double(stepCount)
    let scaling = avg_scaled_trace(
      decay: Float(decay), squareDecay: Float(settings.squareDecay),
      squareGain: Float(1 - settings.squareDecay),
      squareScale: Float(1 / (1 - Elementary.pow(settings.squareDecay, count))), epsilon: Float(Self.epsilon))
    let sums = trace.accumulate(gradients, squares: &squares, scaling)
    gradientMean += (1 - decay) * (sums.gradient - gradientMean)
    let effect = (gradientMean / (1 - Elementary.pow(decay, count)) * sums.trace).squareRoot()
    lastStepSize = settings.share / max(effect, Self.epsilon)
    lastError = use(error)
    trace.step(&parameters, scale: Float(lastStepSize * lastError), squares: squares, scaling)
  }

  /// Clips an error by the running statistics, and divides it where it is to be.
  private mutating func use(_ error: Double) -> Double {
    let count = Double(stepCount)
    squaredErrorMean += (1 - settings.errorClipDecay) * (error * error - squaredErrorMean)
    let bound =
      settings.errorClip
      * (squaredErrorMean / (1 - Elementary.pow(settings.errorClipDecay, count))).squareRoot()
    let clipped = max(-bound, min(bound, error))
    guard settings.normalizesErrors else { return clipped }
    errorMean += (1 - settings.errorDecay) * (abs(clipped) - errorMean)
    return clipped / max(errorMean / (1 - Elementary.pow(settings.errorDecay, count)), 1e-12)
  }
}
