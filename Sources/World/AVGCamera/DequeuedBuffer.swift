import AVGCore
import CV4L2
import Glibc

/// A filled buffer in the program's hands; it goes back to the driver at the end of its life.
///
/// It must not outlive its stream. Where giving back fails, the next dequeuing says why.
struct DequeuedBuffer: ~Copyable {
  private let descriptor: Int32
  private let type: UInt32
  private let index: UInt32
  /// What the driver wrote; valid for the life of this value.
  let bytes: UnsafeRawBufferPointer
  /// The driver's running number.
  let sequence: UInt32
  /// The driver's time stamp, on whatever clock.
  let driverStamp: MonotonicInstant
  /// The driver's stamp if it is on our clock and not in the future; else the last instant at which the image was
  /// known not to be there yet.
  let captured: MonotonicInstant
  /// What instant the driver's stamp stands for.
  let stampSource: StampSource
  /// The driver says that the contents are damaged.
  let isFlagged: Bool

  /// Takes charge of a buffer just dequeued and mapped at `mapping`, which was not ready at `absent`.
  init(
    _ buffer: avg_v4l2_buffer, mapping: UnsafeRawBufferPointer, descriptor: Int32,
    absentAt absent: MonotonicInstant
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
    captured = isUsable ? driverStamp : absent
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
  /// A request about one of the mapped capture buffers.
  init(type: UInt32, index: UInt32 = 0) {
    self.init()
    self.type = type
    self.index = index
  }
}
