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
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, exclude: exclude,
    swiftSettings: swiftSettings)
}

/// What other packages may build on; `Examples` does.
let libraries = [
  "AVGCore", "AVGNetwork", "AVGLearning", "AVGImaging", "AVGCamera", "AVGRobot", "AVGSimulation", "AVGTasks",
  "AVGRecording", "AVGPlots", "AVGTraining", "AVGDashboard",
]

let package = Package(
  name: "avg-vision",
  products: libraries.map { .library(name: $0, targets: [$0]) } + [
    .executable(name: "avg-vision", targets: ["avg-vision"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.1.0"),
  ],
  targets: [
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CV4L2"),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(
      name: "CKernels",
      exclude: [
        "vector.inc", "row_pairs.inc", "pixel_pairs.inc", "convolution.inc", "weight_gradient.inc",
        "input_gradient.inc", "softmax.inc", "dense.inc",
      ],
      // The kernels are the product's speed: fast in debug builds too.
      cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra"] + (isStrict ? ["-Werror"] : []))]),
    .target(name: "CAllocations"),
    // Decides how long an image takes to be decoded: fast in debug builds too.
    .target(
      name: "CJPEG", cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra"] + (isStrict ? ["-Werror"] : []))],
      linkerSettings: [.linkedLibrary("jpeg")]),
    library("AVGCore"),
    library("AVGNetwork", ["AVGCore", "CKernels"]),
    library("AVGLearning", ["AVGCore", "AVGNetwork"]),
    library("AVGImaging", ["AVGCore", "CJPEG", "CPNG", "CTurboJPEG"]),
    library("AVGCamera", ["AVGCore", "AVGImaging", "CV4L2"]),
    library("AVGRobot", ["AVGCore"]),
    library("AVGSimulation", ["AVGCore", "AVGImaging"]),
    library("AVGTasks", ["AVGCore", "AVGImaging"]),
    library(
      "AVGRecording",
      ["AVGCore", "AVGImaging", "CLZ4", "CZstd", .product(name: "Yams", package: "Yams")]),
    library("AVGPlots", ["AVGCore", "AVGImaging"]),
    library(
      "AVGTraining",
      [
        "AVGCore", "AVGImaging", "AVGPlots", .product(name: "Yams", package: "Yams"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ]),
    .target(
      name: "AVGDashboard",
      dependencies: ["AVGCore", "AVGImaging", "AVGTraining"],
      // In the program itself: it needs no folder beside it, and no other server.
      resources: [.embedInCode("Page")], swiftSettings: swiftSettings),
    library("AVGSweep", ["AVGCore", "AVGPlots", "AVGTraining"]),
    .executableTarget(
      name: "avg-vision",
      dependencies: [
        "AVGCamera", "AVGCore", "AVGDashboard", "AVGImaging", "AVGLearning", "AVGNetwork", "AVGPlots",
        "AVGRecording", "AVGRobot", "AVGSimulation", "AVGSweep", "AVGTasks", "AVGTraining", "CAllocations",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: swiftSettings),
    tests("AVGCore"),
    tests("AVGNetwork", ["AVGCore", "CKernels"]),
    tests("AVGLearning", ["AVGCore", "AVGNetwork"]),
    tests("AVGImaging", ["AVGCore", "CTurboJPEG"]),
    tests("AVGCamera", ["AVGCore", "AVGImaging"], exclude: ["Corpus"]),
    tests("AVGRobot", ["AVGCore"]),
    tests("AVGSimulation", ["AVGCore", "AVGImaging"]),
    tests("AVGTasks", ["AVGCore", "AVGImaging", "AVGSimulation"]),
    tests("AVGPlots", ["AVGCore", "AVGImaging"]),
    tests("AVGRecording", ["AVGCore", "AVGImaging", "CZstd"]),
    tests("AVGTraining", ["AVGCore", "AVGImaging", "AVGLearning", "AVGPlots"]),
    tests("AVGDashboard", ["AVGCore", "AVGImaging", "AVGTraining"]),
    tests("AVGSweep", ["AVGPlots", "AVGTraining"]),
    // Runs the built program; the dependency has it built.
    .testTarget(
      name: "AVGCommandTests",
      dependencies: [
        "avg-vision", "AVGCore", "AVGDashboard", "AVGImaging", "AVGLearning", "AVGNetwork", "AVGRobot",
        "AVGSimulation",
        "AVGSweep", "AVGTasks", "AVGTraining",
      ], exclude: ["wrong-use.txt"],
      swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6]
)
