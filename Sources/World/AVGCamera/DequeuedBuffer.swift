import AVGCore
import CV4L2
import Glibc

/// A filled buffer that the program holds; the end of its life queues it to the driver again.
///
/// It must not outlive its stream. If queueing fails, the next `VIDIOC_DQBUF` reports the cause.
struct DequeuedBuffer: ~Copyable {
  private let descriptor: Int32
  private let type: UInt32
  private let index: UInt32
  /// The bytes that the driver wrote; valid as long as this value lives.
  let bytes: UnsafeRawBufferPointer
  /// The driver's sequence number.
  let sequence: UInt32
  /// The driver's timestamp, on the clock that the driver uses.
  let driverStamp: MonotonicInstant
  /// The capture time on `CLOCK_MONOTONIC`: the driver's timestamp if it is on that clock and not in the future;
  /// otherwise the last time at which the queue was known to be empty, a lower bound.
  let captured: MonotonicInstant
  /// The event that `captured` marks.
  let stampSource: StampSource
  /// The driver marked the contents as damaged.
  let isFlagged: Bool

  /// Takes over a buffer that was just dequeued and is mapped at `mapping`.
  ///
  /// - Parameter queueWasEmptyAt: the last time at which the driver had no filled buffer, so this one neither.
  init(
    _ buffer: avg_v4l2_buffer, mapping: UnsafeRawBufferPointer, descriptor: Int32,
    queueWasEmptyAt emptyInstant: MonotonicInstant
  ) {
    self.descriptor = descriptor
    type = buffer.type
    index = buffer.index
    bytes = UnsafeRawBufferPointer(
      rebasing: mapping.prefix(Int(buffer.bytesused)).dropFirst(Int(buffer.data_offset)))
    sequence = buffer.sequence
    driverStamp = MonotonicInstant(
      nanoseconds: Int64(buffer.timestamp.tv_sec) * 1_000_000_000 + Int64(buffer.timestamp.tv_usec) * 1_000)
    let isMonotonic =
      buffer.flags & UInt32(V4L2_BUF_FLAG_TIMESTAMP_MASK) == UInt32(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
    let isUsable = isMonotonic && driverStamp <= .now
    captured = isUsable ? driverStamp : emptyInstant
    let isOfStart =
      buffer.flags & UInt32(V4L2_BUF_FLAG_TSTAMP_SRC_MASK) == UInt32(V4L2_BUF_FLAG_TSTAMP_SRC_SOE)
    stampSource = !isUsable ? .program : isOfStart ? .startOfExposure : .endOfFrame
    isFlagged = buffer.flags & UInt32(V4L2_BUF_FLAG_ERROR) != 0
  }

  deinit {
    var buffer = avg_v4l2_buffer(type: type, index: index)
    _ = avg_v4l2_qbuf(descriptor, &buffer)
  }
}

extension avg_v4l2_buffer {
  /// A request for one of the memory-mapped capture buffers.
  init(type: UInt32, index: UInt32 = 0) {
    self.init()
    self.type = type
    self.index = index
  }
}
