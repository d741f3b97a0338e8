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

/// Where every part says what is no result.
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

/// A Swift library target and the targets it may import.
func library(
  _ name: String, in folder: Folder, _ dependencies: [Target.Dependency] = [], exclude: [String] = [],
  resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: folder.path(of: name), exclude: exclude,
    resources: resources,
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
  "AVGCore", "AVGSystem", "AVGNetwork", "AVGReplay", "AVGLearning", "AVGImaging", "AVGCamera", "AVGCreate2",
  "AVGGuard",
  "AVGRobot", "AVGExec", "AVGArm",
  "AVGSimulation", "AVGTasks", "AVGGymnasium",
  "AVGRecording", "AVGRemote", "AVGTransportSecurity", "AVGPlots", "AVGConfiguration", "AVGTraining",
  "AVGRunFolder", "AVGDashboard",
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
    .package(url: "https://github.com/apple/swift-nio", from: "2.90.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", .upToNextMinor(from: "0.2.0")),
  ],
  targets: [
    systemLibrary("CEpoll"),
    systemLibrary("CGIF", pkgConfig: "libgif", package: "libgif-dev"),
    systemLibrary("CLZ4", pkgConfig: "liblz4", package: "liblz4-dev"),
    systemLibrary("CMemoryFile"),
    systemLibrary("CPNG", pkgConfig: "libpng", package: "libpng-dev"),
    systemLibrary("CTurboJPEG", pkgConfig: "libturbojpeg", package: "libturbojpeg0-dev"),
    systemLibrary("CV4L2"),
    systemLibrary("CZstd", pkgConfig: "libzstd", package: "libzstd-dev"),

    // Bits are the point of it: no multiply-add may be contracted.
    cLibrary("CElementary", in: .core, flags: ["-O2", "-ffp-contract=off"]),
    library("AVGCore", in: .core, ["CElementary"]),
    library("AVGSystem", in: .core, ["AVGCore", logging]),

    cLibrary("CJPEG", in: .world, flags: ["-O2"], linkerSettings: [.linkedLibrary("jpeg")]),
    library("AVGImaging", in: .world, ["AVGCore", "AVGSystem", "CGIF", "CJPEG", "CPNG", "CTurboJPEG"]),
    library(
      "AVGCamera", in: .world, ["AVGCore", "AVGSystem", "AVGImaging", "CV4L2", logging]),
    library("AVGCreate2", in: .world, ["AVGCore"]),
    library("AVGGuard", in: .world, ["AVGCore", "AVGSystem"]),
    library(
      "AVGRobot", in: .world, ["AVGCore", "AVGCreate2", "AVGGuard", "AVGSystem", "CEpoll", logging]),
    library(
      "AVGExec", in: .world, ["AVGCore", "AVGCreate2", "AVGGuard", "AVGRobot", "AVGSystem", logging]),
    library("AVGArm", in: .world, ["AVGCore", "AVGGuard", "AVGSystem", logging]),
    library("AVGSimulation", in: .world, ["AVGCore", "AVGCreate2", "AVGSystem", "AVGImaging"]),
    library("AVGTasks", in: .world, ["AVGArm", "AVGCore", "AVGCreate2", "AVGImaging"]),
    // The host that runs in Python is in the program itself: it needs no file beside it.
    library(
      "AVGGymnasium", in: .world, ["AVGCore", "AVGSystem", logging],
      resources: [.embedInCode("Host/avg_vision_host.py")]),

    cLibrary(
      "CKernels", in: .agent,
      exclude: [
        "vector.inc", "strips.inc", "row_pairs.inc", "pixel_pairs_apart.inc", "pixel_pairs_joint.inc",
        "convolution.inc", "weight_gradient.inc", "input_gradient.inc", "softmax.inc", "traces.inc",
        "batch.inc", "activations.inc", "dense.inc",
        "README.md",
      ],
      // The package manager keeps frame pointers: the register costs the widest kernels up to 40 % of their time.
      flags: ["-O3", "-ffp-contract=off", "-Xclang", "-mframe-pointer=none"]),
    library("AVGNetwork", in: .agent, ["AVGCore", "AVGSystem", "CKernels"]),
    library("AVGReplay", in: .agent, ["AVGCore", "AVGSystem"]),
    library("AVGLearning", in: .agent, ["AVGCore", "AVGSystem", "AVGNetwork", "AVGReplay"]),

    library(
      "AVGConfiguration", in: .run,
      ["AVGCore", "AVGSystem", .product(name: "Yams", package: "Yams")]),
    library(
      "AVGTraining", in: .run,
      ["AVGCore", "AVGSystem", .product(name: "Histogram", package: "hdrhistogram-swift")]),
    library(
      "AVGRunFolder", in: .run,
      [
        "AVGCore", "AVGSystem", "AVGConfiguration", "AVGImaging", "AVGPlots", "AVGTraining",
        logging,
      ]),
    library(
      "AVGRecording", in: .run,
      [
        "AVGArm", "AVGCore", "AVGCreate2", "AVGSystem", "AVGImaging", "CLZ4", "CZstd",
        .product(name: "Yams", package: "Yams"),
      ]),
    library("AVGPlots", in: .run, ["AVGCore", "AVGSystem", "AVGImaging"]),
    library(
      "AVGRemote", in: .run,
      [
        "AVGCore", "AVGImaging", "AVGSystem", logging,
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
      ], exclude: ["remote.proto"]),
    // Apart, so that only who wants encryption builds BoringSSL.
    library(
      "AVGTransportSecurity", in: .run,
      [
        "AVGRemote", "AVGSystem", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOTLS", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),
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
        "AVGArm", "AVGCamera", "AVGConfiguration", "AVGCore", "AVGCreate2", "AVGDashboard", "AVGExec",
        "AVGGymnasium",
        "AVGImaging", "AVGLearning",
        "AVGNetwork", "AVGPlots", "AVGRecording", "AVGRemote", "AVGRobot", "AVGRunFolder", "AVGSimulation",
        "AVGSystem",
        "AVGTasks",
        "AVGTraining", "CMemoryFile", logging,
      ]),

    .executableTarget(
      name: "avg-vision",
      dependencies: [
        "AVGArm", "AVGCamera", "AVGConfiguration", "AVGCore", "AVGCreate2", "AVGDashboard", "AVGExec",
        "AVGExperiment",
        "AVGGymnasium",
        "AVGImaging",
        "AVGLearning", "AVGNetwork", "AVGPlots",
        "AVGRecording", "AVGRemote", "AVGRobot", "AVGRunFolder", "AVGSimulation", "AVGSweep", "AVGSystem",
        "AVGTasks",
        "AVGTraining", "AVGTransportSecurity",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        logging,
      ], path: Folder.program.path(of: "avg-vision"), swiftSettings: swiftSettings),

    .target(
      name: "AVGTestSupport", dependencies: ["AVGCore", "AVGRecording", "AVGTasks", logging],
      path: "Tests/AVGTestSupport",
      swiftSettings: swiftSettings),
    tests("AVGCore", ["AVGTestSupport"]),
    tests("AVGSystem", ["AVGCore"]),
    tests("AVGNetwork", ["AVGCore", "AVGSystem", "CKernels"]),
    tests("AVGReplay", ["AVGCore", "AVGTestSupport"]),
    tests("AVGLearning", ["AVGCore", "AVGSystem", "AVGNetwork", "AVGReplay", "AVGTestSupport"]),
    tests("AVGImaging", ["AVGCore", "AVGSystem", "CGIF", "CTurboJPEG"]),
    tests("AVGCamera", ["AVGCore", "AVGSystem", "AVGImaging", "AVGTestSupport"], exclude: ["Corpus"]),
    tests("AVGGuard", ["AVGCore"]),
    tests("AVGRobot", ["AVGCore", "AVGCreate2", "AVGGuard", "AVGSystem"]),
    tests("AVGArm", ["AVGCore", "AVGGuard", "AVGSystem"]),
    tests("AVGExec", ["AVGCore", "AVGCreate2", "AVGGuard", "AVGRobot", "AVGSystem", logging]),
    tests("AVGSimulation", ["AVGCore", "AVGCreate2", "AVGSystem", "AVGImaging", "AVGTestSupport"]),
    tests(
      "AVGTasks",
      ["AVGArm", "AVGCore", "AVGCreate2", "AVGSystem", "AVGImaging", "AVGSimulation", "AVGTestSupport"]),
    tests("AVGGymnasium", ["AVGCore"]),
    tests("AVGPlots", ["AVGCore", "AVGImaging"]),
    tests("AVGRecording", ["AVGCore", "AVGCreate2", "AVGSystem", "AVGImaging", "AVGTestSupport", "CZstd"]),
    tests("AVGRemote", ["AVGCore", "AVGSystem", "AVGTestSupport"]),
    tests("AVGTransportSecurity", ["AVGCore", "AVGRemote", "AVGTestSupport"]),
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
        "avg-vision", "AVGArm", "AVGCore", "AVGCreate2", "AVGDashboard", "AVGExec", "AVGExperiment",
        "AVGImaging",
        "AVGLearning", "AVGNetwork", "AVGRecording", "AVGRobot", "AVGSimulation",
        "AVGSweep", "AVGSystem", "AVGConfiguration", "AVGRunFolder", "AVGTasks", "AVGTestSupport",
        "AVGTraining", logging,
      ], exclude: ["wrong-use.txt"],
      swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6]
)
