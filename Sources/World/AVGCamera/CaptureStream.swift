import AVGCore
import CV4L2
import Glibc

/// A device that streams into memory-mapped buffers; `deinit` stops the stream and unmaps them.
///
/// A buffer belongs to the driver while queued (VIDIOC_QBUF), then to the program between VIDIOC_DQBUF and the end of
/// its `DequeuedBuffer`, which queues it again. <https://docs.kernel.org/userspace-api/media/v4l/mmap.html>
struct CaptureStream: ~Copyable {
  let device: VideoDevice
  private var mappings: [UnsafeMutableRawBufferPointer] = []

  private init(device: consuming VideoDevice) {
    self.device = device
  }

  deinit {
    var type = Int32(bitPattern: device.bufferType)
    _ = avg_v4l2_streamoff(device.descriptor, &type)
    for mapping in mappings { munmap(mapping.baseAddress, mapping.count) }
  }

  /// Starts streaming from a device whose format has been set.
  static func start(
    _ device: consuming VideoDevice, bufferCount: Int
  ) throws(CameraError) -> CaptureStream {
    // The value is complete before anything can fail, so that its `deinit` cleans up after a failure.
    var stream = CaptureStream(device: device)
    try stream.mapBuffers(count: bufferCount)
    var type = Int32(bitPattern: stream.device.bufferType)
    try stream.device.request("VIDIOC_STREAMON", avg_v4l2_streamon, &type)
    return stream
  }

  private mutating func mapBuffers(count: Int) throws(CameraError) {
    var buffers = v4l2_requestbuffers()
    buffers.count = UInt32(count)
    buffers.type = device.bufferType
    buffers.memory = V4L2_MEMORY_MMAP.rawValue
    try device.request("VIDIOC_REQBUFS", avg_v4l2_reqbufs, &buffers)
    // The driver may give fewer. With a single buffer it could capture nothing while the program reads.
    guard buffers.count >= 2 else { throw device.error(of: "VIDIOC_REQBUFS", code: ENOMEM) }
    for index in 0..<buffers.count {
      var buffer = avg_v4l2_buffer(type: device.bufferType, index: index)
      try device.request("VIDIOC_QUERYBUF", avg_v4l2_querybuf, &buffer)
      var code: Int32 = 0
      guard
        let address = avg_v4l2_mmap(
          device.descriptor, Int(buffer.length), off_t(buffer.map_offset), &code)
      else { throw device.error(of: "mmap", code: code) }
      mappings.append(UnsafeMutableRawBufferPointer(start: address, count: Int(buffer.length)))
      try device.request("VIDIOC_QBUF", avg_v4l2_qbuf, &buffer)
    }
  }

  /// Dequeues the oldest filled buffer; nil if none is ready.
  ///
  /// - Parameter emptyInstant: the last time at which no buffer was ready.
  func dequeue(queueWasEmptyAt emptyInstant: MonotonicInstant) throws(CameraError) -> DequeuedBuffer? {
    var buffer = avg_v4l2_buffer(type: device.bufferType)
    guard try device.request("VIDIOC_DQBUF", avg_v4l2_dqbuf, &buffer, tolerating: [EAGAIN]) else {
      return nil
    }
    guard buffer.index < mappings.count else { throw device.error(of: "VIDIOC_DQBUF", code: EPROTO) }
    return DequeuedBuffer(
      buffer, mapping: UnsafeRawBufferPointer(mappings[Int(buffer.index)]), descriptor: device.descriptor,
      queueWasEmptyAt: emptyInstant)
  }

  /// Waits for a filled buffer.
  ///
  /// - Returns: true if one is ready, false at the deadline.
  func waitForBuffer(until deadline: MonotonicInstant) throws(CameraError) -> Bool {
    while true {
      let remaining = deadline.nanoseconds - MonotonicInstant.now.nanoseconds
      guard remaining > 0 else { return false }
      var descriptor = pollfd(fd: device.descriptor, events: Int16(POLLIN), revents: 0)
      // Rounded up, so as not to spin through the last millisecond.
      let status = poll(&descriptor, 1, Int32(clamping: (remaining + 999_999) / 1_000_000))
      if status < 0 {
        guard errno == EINTR else { throw device.error(of: "poll", code: errno) }
        continue
      }
      let events = Int32(descriptor.revents)
      if events & POLLIN != 0 { return true }
      if events & (POLLERR | POLLHUP | POLLNVAL) != 0 { throw failureBehindPoll(events) }
    }
  }

  /// The error behind a failed `poll`, which only another request reveals.
  private func failureBehindPoll(_ events: Int32) -> CameraError {
    var buffer = avg_v4l2_buffer(type: device.bufferType)
    let result = avg_v4l2_dqbuf(device.descriptor, &buffer)
    if result < 0, result != -EAGAIN { return device.error(of: "VIDIOC_DQBUF", code: -result) }
    return device.error(of: "poll", code: events & POLLHUP != 0 ? ENODEV : EIO)
  }
}
