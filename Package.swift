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
func tests(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil
) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name)] + dependencies,
    resources: resources, swiftSettings: swiftSettings)
}

let package = Package(
  name: "avg-vision",
  dependencies: [],
  targets: [
    library("AVGCore"),
    tests("AVGCore", []),
    .systemLibrary(name: "CV4L2", pkgConfig: "libv4l2", providers: [.apt(["libv4l-dev"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    library("AVGImaging", ["AVGCore", "CTurboJPEG"]),
    tests("AVGImaging", ["AVGCore", "CTurboJPEG"]),
    library("AVGCamera", ["AVGCore", "AVGImaging", "CV4L2"]),
    tests("AVGCamera", ["AVGCore", "AVGImaging"]),
  ],
  swiftLanguageModes: [.v6]
)
