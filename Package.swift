// swift-tools-version: 6.2
import PackageDescription

/// `AVG_STRICT=1` makes warnings errors, in this package's own targets only: the flag for the whole build
/// would contradict the one that SwiftPM silences dependencies with.
let isStrict = Context.environment["AVG_STRICT"] == "1"

let swiftSettings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
  ] + (isStrict ? [.treatAllWarnings(as: .error)] : [])

/// A Swift library target and the targets it may import.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

/// The test target of a library, named for it.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil
) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name)] + dependencies,
    resources: resources, swiftSettings: swiftSettings)
}

let package = Package(
  name: "avg-vision",
  dependencies: [
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
  ],
  targets: [
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    library("AVGCore"),
    library("AVGImaging", ["AVGCore", "CPNG"]),
    library("AVGPlots", ["AVGCore", "AVGImaging"]),
    library(
      "AVGTraining",
      [
        "AVGCore", "AVGPlots", .product(name: "Yams", package: "Yams"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ]),
    tests("AVGCore", []),
    tests("AVGImaging", ["AVGCore"]),
    tests("AVGPlots", ["AVGCore", "AVGImaging"]),
    tests("AVGTraining", ["AVGCore", "AVGPlots", "AVGImaging"]),
  ],
  swiftLanguageModes: [.v6]
)
