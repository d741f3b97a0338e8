public import AVGCore

/// What moves the weights of a learner's networks.
public enum StepRule: String, SettingChoice {
  case adam, obgd, intentional

  /// What the choice means, for `avg-vision keys`.
  public var meaning: String {
    switch self {
    case .adam: "Adam, by the step sizes of actor, critic and encoder."
    case .obgd:
      "ObGD, as far as an error may be overshot (Elsayed et al. 2024): streaming.stepSize, actorBound, criticBound."
    case .intentional:
      "Intentional steps, as far as the output is meant to change (Sharifnassab et al. 2026): streaming.actorShare, criticShare."
    }
  }
}
