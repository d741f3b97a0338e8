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

/// The five folders are the line of a control step, from what is sensed to the command line: see docs/architecture.md.
enum Folder: String {
  case core = "Core"
  case world = "World"
  case agent = "Agent"
  case run = "Run"
  case program = "Program"
  case libraries = "Libraries"

  func path(of target: String) -> String { "Sources/\(rawValue)/\(target)" }
}

/// A Swift library target and the targets it may import.
func library(
  _ name: String, in folder: Folder, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: folder.path(of: name), resources: resources,
    swiftSettings: swiftSettings)
}

/// A library of the system's.
func systemLibrary(_ name: String, pkgConfig: String? = nil, package: String? = nil) -> Target {
  .systemLibrary(
    name: name, path: Folder.libraries.path(of: name), pkgConfig: pkgConfig,
    providers: package.map { [.apt([$0])] })
}

/// A target in C, optimised in debug builds too: what is written in C decides how fast the program is.
func cLibrary(
  _ name: String, in folder: Folder, exclude: [String] = [], flags: [String],
  linkerSettings: [LinkerSetting] = []
) -> Target {
  .target(
    name: name, path: folder.path(of: name), exclude: exclude,
    cSettings: [.unsafeFlags(flags + ["-Wall", "-Wextra"] + (isStrict ? ["-Werror"] : []))],
    linkerSettings: linkerSettings)
}

/// The test target of a library, named for it.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, exclude: exclude,
    swiftSettings: swiftSettings)
}

/// What other packages may build on; `Examples` does.
let libraries = [
  "AVGCore", "AVGSystem", "AVGNetwork", "AVGLearning", "AVGImaging", "AVGCamera", "AVGRobot", "AVGSimulation",
  "AVGTasks", "AVGGymnasium",
  "AVGRecording", "AVGPlots", "AVGConfiguration", "AVGTraining", "AVGRunFolder", "AVGDashboard",
  "AVGExperiment",
]

let package = Package(
  name: "avg-vision",
  products: libraries.map { .library(name: $0, targets: [$0]) } + [
    .executable(name: "avg-vision", targets: ["avg-vision"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", .upToNextMinor(from: "0.2.0")),
  ],
  targets: [
    systemLibrary("CGIF", pkgConfig: "libgif", package: "libgif-dev"),
    systemLibrary("CLZ4", pkgConfig: "liblz4", package: "liblz4-dev"),
    systemLibrary("CMemoryFile"),
    systemLibrary("CPNG", pkgConfig: "libpng", package: "libpng-dev"),
    systemLibrary("CTurboJPEG", pkgConfig: "libturbojpeg", package: "libturbojpeg0-dev"),
    systemLibrary("CV4L2"),
    systemLibrary("CZstd", pkgConfig: "libzstd", package: "libzstd-dev"),

    library("AVGCore", in: .core),
    library("AVGSystem", in: .core, ["AVGCore", .product(name: "Logging", package: "swift-log")]),

    cLibrary("CJPEG", in: .world, flags: ["-O2"], linkerSettings: [.linkedLibrary("jpeg")]),
    library("AVGImaging", in: .world, ["AVGCore", "AVGSystem", "CGIF", "CJPEG", "CPNG", "CTurboJPEG"]),
    library("AVGCamera", in: .world, ["AVGCore", "AVGSystem", "AVGImaging", "CV4L2"]),
    library("AVGRobot", in: .world, ["AVGCore", "AVGSystem"]),
    library("AVGSimulation", in: .world, ["AVGCore", "AVGSystem", "AVGImaging"]),
    library("AVGTasks", in: .world, ["AVGCore", "AVGImaging"]),
    // The host that runs in Python is in the program itself: it needs no file beside it.
    library(
      "AVGGymnasium", in: .world, ["AVGCore", "AVGSystem", .product(name: "Logging", package: "swift-log")],
      resources: [.embedInCode("Host/avg_vision_host.py")]),

    cLibrary(
      "CKernels", in: .agent,
      exclude: [
        "vector.inc", "row_pairs.inc", "pixel_pairs.inc", "convolution.inc", "weight_gradient.inc",
        "input_gradient.inc", "softmax.inc", "dense.inc",
      ], flags: ["-O3"]),
    library("AVGNetwork", in: .agent, ["AVGCore", "CKernels"]),
    library("AVGLearning", in: .agent, ["AVGCore", "AVGSystem", "AVGNetwork"]),

    library(
      "AVGConfiguration", in: .run,
      ["AVGCore", "AVGSystem", .product(name: "Yams", package: "Yams")]),
    library(
      "AVGTraining", in: .run,
      ["AVGCore", "AVGSystem", .product(name: "Histogram", package: "hdrhistogram-swift")]),
    library(
      "AVGRunFolder", in: .run,
      ["AVGCore", "AVGSystem", "AVGConfiguration", "AVGImaging", "AVGPlots", "AVGTraining"]),
    library(
      "AVGRecording", in: .run,
      ["AVGCore", "AVGSystem", "AVGImaging", "CLZ4", "CZstd", .product(name: "Yams", package: "Yams")]),
    library("AVGPlots", in: .run, ["AVGCore", "AVGSystem", "AVGImaging"]),
    // The page is in the program itself: it needs no folder beside it, and no other server.
    library(
      "AVGDashboard", in: .run, ["AVGCore", "AVGSystem", "AVGImaging", "AVGRunFolder", "AVGTraining"],
      resources: [.embedInCode("Page")]),
    library(
      "AVGSweep", in: .run,
      ["AVGCore", "AVGSystem", "AVGConfiguration", "AVGPlots", "AVGRunFolder", "AVGTraining"]),

    library(
      "AVGExperiment", in: .run,
      [
        "AVGCamera", "AVGConfiguration", "AVGCore", "AVGDashboard", "AVGGymnasium", "AVGImaging",
        "AVGLearning",
        "AVGNetwork", "AVGPlots", "AVGRecording", "AVGRobot", "AVGRunFolder", "AVGSimulation", "AVGSystem",
        "AVGTasks",
        "AVGTraining", "CMemoryFile", .product(name: "Logging", package: "swift-log"),
      ]),

    .target(name: "CAllocations", path: Folder.program.path(of: "CAllocations")),
    .executableTarget(
      name: "avg-vision",
      dependencies: [
        "AVGCamera", "AVGConfiguration", "AVGCore", "AVGDashboard", "AVGExperiment", "AVGGymnasium",
        "AVGImaging",
        "AVGLearning", "AVGNetwork",
        "AVGPlots",
        "AVGRecording", "AVGRobot", "AVGRunFolder", "AVGSimulation", "AVGSweep", "AVGSystem", "AVGTasks",
        "AVGTraining",
        "CAllocations",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ], path: Folder.program.path(of: "avg-vision"), swiftSettings: swiftSettings),

    .target(
      name: "AVGTestSupport", dependencies: ["AVGCore"], path: "Tests/AVGTestSupport",
      swiftSettings: swiftSettings),
    tests("AVGCore"),
    tests("AVGSystem", ["AVGCore"]),
    tests("AVGNetwork", ["AVGCore", "CKernels"]),
    tests("AVGLearning", ["AVGCore", "AVGSystem", "AVGNetwork"]),
    tests("AVGImaging", ["AVGCore", "AVGSystem", "CGIF", "CTurboJPEG"]),
    tests("AVGCamera", ["AVGCore", "AVGSystem", "AVGImaging"], exclude: ["Corpus"]),
    tests("AVGRobot", ["AVGCore", "AVGSystem"]),
    tests("AVGSimulation", ["AVGCore", "AVGSystem", "AVGImaging"]),
    tests("AVGTasks", ["AVGCore", "AVGSystem", "AVGImaging", "AVGSimulation"]),
    tests("AVGGymnasium", ["AVGCore"]),
    tests("AVGPlots", ["AVGCore", "AVGImaging"]),
    tests("AVGRecording", ["AVGCore", "AVGSystem", "AVGImaging", "AVGTestSupport", "CZstd"]),
    tests("AVGConfiguration", ["AVGCore", "AVGSystem", "AVGTestSupport"]),
    tests("AVGTraining", ["AVGCore", "AVGSystem", "AVGTestSupport"]),
    tests(
      "AVGRunFolder",
      ["AVGCore", "AVGImaging", "AVGLearning", "AVGPlots", "AVGSystem", "AVGTestSupport", "AVGTraining"]),
    tests("AVGDashboard", ["AVGCore", "AVGImaging", "AVGRunFolder", "AVGSystem", "AVGTraining"]),
    tests("AVGSweep", ["AVGCore", "AVGPlots", "AVGRunFolder", "AVGSystem", "AVGTraining"]),
    // Runs the built program; the dependency has it built.
    .testTarget(
      name: "AVGCommandTests",
      dependencies: [
        "avg-vision", "AVGCore", "AVGDashboard", "AVGImaging", "AVGLearning", "AVGNetwork", "AVGRobot",
        "AVGSimulation",
        "AVGSweep", "AVGSystem", "AVGConfiguration", "AVGRunFolder", "AVGTasks", "AVGTestSupport",
        "AVGTraining",
      ], exclude: ["wrong-use.txt"],
      swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6]
)
