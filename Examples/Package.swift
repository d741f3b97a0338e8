// swift-tools-version: 6.2
import PackageDescription

/// A package of its own that uses the libraries: `swift run --package-path Examples`.
let package = Package(
  name: "Examples",
  dependencies: [.package(name: "avg-vision", path: "..")],
  targets: [
    .executableTarget(
      name: "FaceTheStripe",
      dependencies: [
        "AVGConfiguration", "AVGCore", "AVGDashboard", "AVGExperiment", "AVGLearning", "AVGRecording", "AVGTasks",
      ].map {
        .product(name: $0, package: "avg-vision")
      })
  ],
  swiftLanguageModes: [.v6]
)
