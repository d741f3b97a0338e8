/// The value below which a share (0…1) of sorted values lies, between two values if need be (as NumPy's
/// `quantile`); values must not be empty.
public func quantile(_ share: Double, ofSorted values: [Double]) -> Double {
  let position = share * Double(values.count - 1)
  let index = Int(position)
  let next = min(index + 1, values.count - 1)
  return values[index] + (position - Double(index)) * (values[next] - values[index])
}
