import AVGLearning
import Testing

/// How close a learner must come to a file of reference vectors.
extension GoldenVectors {
  /// Every entry within 10⁻³ of the tensor's largest; the last convolution's bias has no gradient but rounding.
  func expectFirstGradient(_ name: String, _ gradient: [Float]) throws {
    guard !isLastConvolutionBias(name) else { return }
    let expected = try floats("first_gradient." + name)
    let largest = expected.map(abs).max() ?? 0
    let worst = zip(gradient, expected).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= 1e-3 * largest + 1e-7, "\(self.name), first gradient of \(name)")
  }

  /// 99 % of the entries within 2 % of the tensor's largest change, all within two learning rates per step.
  ///
  /// An entry whose true gradient is zero, but for rounding, is held to Σ 2·lr·√t only: Adam with β₁ = 0 makes a step of
  /// the rounding, whose size and sign are any program's own. Where one of the gradients so far is far above the others,
  /// the root of the second moment is that of a single one among t, and the step is up to lr·√t long (Kingma and Ba, 2015,
  /// §2.1, of sparse gradients); two programs can go opposite ways. Such an entry shows in the reference's first gradient, not
  /// zero but below 10⁻⁵ of the tensor's largest (the bias of a convolution that only shifts what a softmax is taken
  /// of), or in a feature that stays below 10⁻⁶ (a dead channel, whose softmax is uniform). A network that follows
  /// another has no gradients of its own; all of its entries are held to both bounds.
  ///
  /// - Parameter inputs: the length of the tensor's rows.
  func expectFinalWeights(_ name: String, _ values: [Float], inputs: Int) throws {
    let initial = try floats("initial." + name)
    let final = try floats("final." + name)
    let gradient: [Float]? = name.hasPrefix("target.") ? nil : try floats("first_gradient." + name)
    let largestChange = zip(initial, final).map { abs($0 - $1) }.max() ?? 0
    let largestGradient = gradient?.map(abs).max() ?? 0
    let rate = learningRate(of: name)
    let deadFeatures = deadFeatures
    // Of entries with a gradient, and of those without.
    var (worst, worstOfRounding) = (0.0, 0.0)
    var held = 0
    var close = 0
    for index in values.indices {
      let difference = abs(values[index] - final[index])
      let isTiny = gradient.map { $0[index] != 0 && abs($0[index]) < 1e-5 * largestGradient } ?? false
      let isDead = name.hasSuffix("phi.0.weight") && deadFeatures.contains(index % inputs)
      guard !isTiny, !isDead, !isLastConvolutionBias(name) else {
        worstOfRounding = max(worstOfRounding, Double(difference))
        continue
      }
      worst = max(worst, Double(difference))
      held += 1
      close += difference <= 0.02 * largestChange ? 1 : 0
    }
    #expect(values.count == final.count)
    #expect(worst <= 2 * rate * Double(stepCount), "\(self.name), \(name): \(worst) off")
    let longestWay = (1...stepCount).reduce(0) { $0 + 2 * rate * Double($1).squareRoot() }
    #expect(
      worstOfRounding <= longestWay, "\(self.name), \(name): \(worstOfRounding) off, without a gradient")
    #expect(Double(close) >= 0.99 * Double(held), "\(self.name), \(name): \(close) of \(held) close")
  }

  /// The features that are zero, but for rounding, at every step.
  private var deadFeatures: Set<Int> {
    guard let features = doubles("step.features") else { return [] }
    let length = features.count / stepCount
    return Set(
      (0..<length).filter { feature in
        (0..<stepCount).allSatisfy { abs(features[$0 * length + feature]) < 1e-6 }
      })
  }

  private func isLastConvolutionBias(_ name: String) -> Bool {
    name == "encoder.convs.\(2 * (configuration.conv?.count ?? 0) - 2).bias"
  }

  private func learningRate(of name: String) -> Double {
    if name == "log_temperature" { return configuration.alpha_lr }
    if name.hasPrefix("encoder") { return configuration.encoder_lr ?? 0 }
    return name.hasPrefix("actor") || name.hasPrefix("target.actor")
      ? configuration.actor_lr : configuration.critic_lr
  }
}
