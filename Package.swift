// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A Swift library target and the targets it may import.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

/// The test target of a library, named for it.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: swiftSettings)
}

let package = Package(
  name: "avg-vision",
  dependencies: [],
  targets: [
    .target(
      name: "CKernels", exclude: ["vector.inc", "convolution.inc", "softmax.inc", "dense.inc"],
      // The kernels are the product's speed: fast in debug builds too.
      cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra"])]),
    library("AVGCore"),
    library("AVGNetwork", ["AVGCore", "CKernels"]),
    library("AVGLearning", ["AVGCore", "AVGNetwork"]),
    library("AVGImaging", ["AVGCore"]),
    library("AVGSimulation", ["AVGCore"]),
    library("AVGTasks", ["AVGCore", "AVGImaging"]),
    tests("AVGCore"),
    tests("AVGNetwork", ["AVGCore", "CKernels"]),
    tests("AVGLearning", ["AVGCore", "AVGNetwork"]),
    tests("AVGImaging", ["AVGCore"]),
    tests("AVGSimulation", ["AVGCore", "AVGImaging"]),
    tests("AVGTasks", ["AVGCore", "AVGImaging", "AVGSimulation"]),
  ],
  swiftLanguageModes: [.v6]
)
