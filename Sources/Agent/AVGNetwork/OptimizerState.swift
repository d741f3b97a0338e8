// What an optimiser keeps from step to step, for files.

/// A number that an optimiser keeps for each parameter; the raw value is its name in a file.
public enum OptimizerMemory: String, Sendable {
  /// The running mean of the gradient.
  case firstMoment = "first_moment"
  /// The running mean of the squared gradient.
  case secondMoment = "second_moment"
  /// The eligibility trace.
  case trace
}

extension Optimizer {
  /// What is kept for each parameter.
  public var memories: [OptimizerMemory] {
    switch self {
    case .adam(let adam): adam.memories
    case .traced(let traced): traced.adam.memories + [.trace]
    case .bounded: [.trace]
    case .intentional: [.secondMoment, .trace]
    }
  }

  /// The running numbers that belong to no parameter; as many as there are may be set.
  public var means: [Double] {
    switch self {
    case .adam: []
    case .traced: []
    case .bounded: []
    case .intentional(let descent): descent.means
    }
  }

  /// Returns what is kept of a tensor, in PyTorch's order; nothing where it is none of `memories`.
  public func read(_ memory: OptimizerMemory, of tensor: Parameter) -> [Float] {
    switch self {
    case .adam(let adam): adam.read(memory, of: tensor)
    case .traced(let traced):
      memory == .trace ? tensor.read(from: traced.trace.values) : traced.adam.read(memory, of: tensor)
    case .bounded(let descent): memory == .trace ? tensor.read(from: descent.trace.values) : []
    case .intentional(let descent):
      switch memory {
      case .firstMoment: []
      case .secondMoment: tensor.read(from: descent.squares)
      case .trace: tensor.read(from: descent.trace.values)
      }
    }
  }

  /// Replaces what is kept of a tensor, which must be one of `memories`.
  public mutating func write(_ entries: [Float], _ memory: OptimizerMemory, of tensor: Parameter) {
    switch consume self {
    case .adam(var adam):
      adam.write(entries, memory, of: tensor)
      self = .adam(adam)
    case .traced(var traced):
      if memory == .trace {
        tensor.write(entries, to: &traced.trace.values)
      } else {
        traced.adam.write(entries, memory, of: tensor)
      }
      self = .traced(traced)
    case .bounded(var descent):
      tensor.write(entries, to: &descent.trace.values)
      self = .bounded(descent)
    case .intentional(var descent):
      if memory == .trace {
        tensor.write(entries, to: &descent.trace.values)
      } else {
        tensor.write(entries, to: &descent.squares)
      }
      self = .intentional(descent)
    }
  }

  /// Takes up where a run was broken off.
  ///
  /// - Parameter means: as `means` gave them.
  public mutating func resume(stepCount: Int, means: [Double]) {
    switch consume self {
    case .adam(var adam):
      adam.stepCount = stepCount
      self = .adam(adam)
    case .traced(var traced):
      traced.adam.stepCount = stepCount
      self = .traced(traced)
    case .bounded(var descent):
      descent.stepCount = stepCount
      self = .bounded(descent)
    case .intentional(var descent):
      descent.stepCount = stepCount
      descent.means = means
      self = .intentional(descent)
    }
  }
}

extension Adam {
  fileprivate var memories: [OptimizerMemory] {
    firstMomentDecay > 0 ? [.secondMoment, .firstMoment] : [.secondMoment]
  }

  fileprivate func read(_ memory: OptimizerMemory, of tensor: Parameter) -> [Float] {
    switch memory {
    case .firstMoment: tensor.read(from: firstMoments)
    case .secondMoment: tensor.read(from: secondMoments)
    case .trace: []
    }
  }

  fileprivate mutating func write(_ entries: [Float], _ memory: OptimizerMemory, of tensor: Parameter) {
    if memory == .firstMoment {
      tensor.write(entries, to: &firstMoments)
    } else {
      tensor.write(entries, to: &secondMoments)
    }
  }
}
