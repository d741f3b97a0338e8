internal import CElementary

/// Elementary functions that have the same bits on every computer, as those of the system have not.
///
/// Whatever a training, a sample or a picture of a simulated world is made of takes these and not Glibc's. The errors
/// are those of `CElementary`, at most 2.4 ulp; a `Float` is computed in double precision and rounded once more.
public enum Elementary {
  /// eˣ.
  public static func exp(_ x: Double) -> Double { avg_exp(x) }
  /// The natural logarithm; NaN below 0.
  public static func log(_ x: Double) -> Double { avg_log(x) }
  /// log(1 + x); NaN below −1.
  public static func log1p(_ x: Double) -> Double { avg_log1p(x) }
  /// xʸ; NaN for a negative x with a broken y.
  public static func pow(_ x: Double, _ y: Double) -> Double { avg_pow(x, y) }
  /// The sine of an angle in radians.
  public static func sin(_ x: Double) -> Double { avg_sin(x) }
  /// The cosine of an angle in radians.
  public static func cos(_ x: Double) -> Double { avg_cos(x) }
  /// The tangent of an angle in radians.
  public static func tan(_ x: Double) -> Double { avg_tan(x) }
  /// The angle in radians, −π/2…π/2, whose tangent is x.
  public static func atan(_ x: Double) -> Double { avg_atan(x) }
  /// The angle in radians, −π…π, of the direction (x, y).
  public static func atan2(_ y: Double, _ x: Double) -> Double { avg_atan2(y, x) }

  /// eˣ.
  public static func exp(_ x: Float) -> Float { Float(avg_exp(Double(x))) }
  /// The natural logarithm; NaN below 0.
  public static func log(_ x: Float) -> Float { Float(avg_log(Double(x))) }
  /// log(1 + x); NaN below −1.
  public static func log1p(_ x: Float) -> Float { Float(avg_log1p(Double(x))) }
  /// The sine of an angle in radians.
  public static func sin(_ x: Float) -> Float { Float(avg_sin(Double(x))) }
  /// The hyperbolic tangent.
  public static func tanh(_ x: Float) -> Float { Float(avg_tanh(Double(x))) }
  /// The number whose hyperbolic tangent is x; NaN beyond −1…1.
  public static func atanh(_ x: Float) -> Float { Float(avg_atanh(Double(x))) }
}
