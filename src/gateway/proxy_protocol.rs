//! The PROXY protocol, version 2 (HAProxy, `proxy-protocol.txt` §2.2): a balancer tells whose connection it forwards.
//!
//! Whoever can reach such a listener can claim any address; only the balancer may reach it.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt};

/// Reads one header and not a byte more, and returns the source that it names.
///
/// `None` means LOCAL: the balancer speaks for itself (a health check), the socket's address stands.
///
/// # Errors
/// Whatever is not a version 2 header for TCP over IPv4 or IPv6; the connection is then to be closed.
pub async fn read_source<R: AsyncRead + Unpin>(reader: &mut R) -> Result<Option<SocketAddr>, ProxyError> {
    let mut fixed = [0; FIXED_BYTES];
    reader.read_exact(&mut fixed).await?;
    let [signature @ .., version_and_command, family, length_high, length_low] = fixed;
    if signature != SIGNATURE || version_and_command >> 4 != VERSION {
        return Err(ProxyError::NotVersion2);
    }
    let length = usize::from(u16::from_be_bytes([length_high, length_low]));
    if length > HEADER_BYTES_MAX - FIXED_BYTES {
        return Err(ProxyError::TooLong { bytes: FIXED_BYTES + length });
    }
    let mut buffer = [0; HEADER_BYTES_MAX - FIXED_BYTES];
    let rest = &mut buffer[..length];
    reader.read_exact(rest).await?;
    match version_and_command & 0x0f {
        LOCAL => Ok(None),
        PROXY => source(family, rest).map(Some),
        command => Err(ProxyError::Command(command)),
    }
}

/// Why a connection on a PROXY protocol listener is closed.
#[derive(Debug)]
pub enum ProxyError {
    /// The connection failed or ended inside the header.
    Io(io::Error),
    /// It does not begin with a version 2 header.
    NotVersion2,
    /// The header claims more than is read.
    TooLong {
        /// The length claimed, fixed part included.
        bytes: usize,
    },
    /// A command other than LOCAL and PROXY.
    Command(u8),
    /// An address family or transport other than TCP over IPv4 or IPv6.
    Family(u8),
    /// Too short for the addresses of its family.
    TooShort,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(cause) => write!(f, "the PROXY header did not arrive ({cause})"),
            Self::NotVersion2 => f.write_str("the connection does not begin with a PROXY version 2 header"),
            Self::TooLong { bytes } => {
                write!(f, "the PROXY header claims {bytes} bytes; {HEADER_BYTES_MAX} are read at most")
            }
            Self::Command(command) => write!(f, "the PROXY header has the unknown command {command}"),
            Self::Family(family) => write!(f, "the PROXY header is not for TCP (family {family:#04x})"),
            Self::TooShort => f.write_str("the PROXY header is too short for its addresses"),
        }
    }
}

impl std::error::Error for ProxyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(cause) => Some(cause),
            _ => None,
        }
    }
}

impl From<io::Error> for ProxyError {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

/// Source address, destination address, source port, destination port; TLVs follow and are not looked at.
fn source(family: u8, addresses: &[u8]) -> Result<SocketAddr, ProxyError> {
    match family {
        TCP_OVER_IPV4 => {
            let (&[source @ .., _, _, _, _, high, low, _, _], _) =
                addresses.split_first_chunk::<12>().ok_or(ProxyError::TooShort)?;
            Ok((Ipv4Addr::from_octets(source), u16::from_be_bytes([high, low])).into())
        }
        TCP_OVER_IPV6 => {
            let (addresses, _) = addresses.split_first_chunk::<36>().ok_or(ProxyError::TooShort)?;
            let (source, rest) = addresses.split_first_chunk::<16>().ok_or(ProxyError::TooShort)?;
            let port = u16::from_be_bytes([rest[16], rest[17]]);
            Ok((Ipv6Addr::from_octets(*source), port).into())
        }
        other => Err(ProxyError::Family(other)),
    }
}

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
const VERSION: u8 = 2;
const LOCAL: u8 = 0;
const PROXY: u8 = 1;
const TCP_OVER_IPV4: u8 = 0x11;
const TCP_OVER_IPV6: u8 = 0x21;

/// Signature, version and command, family, length.
const FIXED_BYTES: usize = 16;

/// The protocol's own "safe" size (§2.1: 536, the smallest IPv4 segment every host accepts).
const HEADER_BYTES_MAX: usize = 536;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    fn header(version_and_command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let mut header = SIGNATURE.to_vec();
        header.extend([version_and_command, family]);
        header.extend(u16::try_from(rest.len()).unwrap().to_be_bytes());
        header.extend(rest);
        header
    }

    fn ipv4_addresses() -> Vec<u8> {
        vec![192, 0, 2, 7, 198, 51, 100, 1, 0x30, 0x39, 0x02, 0xbc]
    }

    fn ipv6_addresses() -> Vec<u8> {
        let mut addresses = "2001:db8::7".parse::<Ipv6Addr>().unwrap().octets().to_vec();
        addresses.extend("2001:db8::1".parse::<Ipv6Addr>().unwrap().octets());
        addresses.extend([0x30, 0x39, 0x02, 0xbc]);
        addresses
    }

    async fn read(mut bytes: &[u8]) -> (Result<Option<SocketAddr>, ProxyError>, usize) {
        let outcome = read_source(&mut bytes).await;
        (outcome, bytes.len())
    }

    #[tokio::test]
    async fn source_is_read_and_what_follows_is_left() {
        for (family, addresses, source) in [
            (TCP_OVER_IPV4, ipv4_addresses(), "192.0.2.7:12345"),
            (TCP_OVER_IPV6, ipv6_addresses(), "[2001:db8::7]:12345"),
        ] {
            for tlv in [&b""[..], &[0x04, 0, 3, 9, 9, 9], &[0xff; 400]] {
                let mut bytes = header(0x21, family, &[&addresses, tlv].concat());
                bytes.extend(b"\x16\x03\x01");
                let (outcome, left) = read(&bytes).await;
                assert_eq!(outcome.unwrap(), Some(source.parse().unwrap()));
                assert_eq!(left, 3);
            }
        }
    }

    #[tokio::test]
    async fn local_names_nobody_whatever_it_carries() {
        for rest in [vec![], ipv4_addresses(), vec![0; 100]] {
            let (outcome, left) = read(&header(0x20, 0x00, &rest)).await;
            assert_eq!(outcome.unwrap(), None);
            assert_eq!(left, 0);
        }
    }

    #[tokio::test]
    async fn one_byte_at_a_time() {
        let (mut balancer, mut server) = tokio::io::duplex(1);
        let bytes = header(0x21, TCP_OVER_IPV4, &ipv4_addresses());
        let sending = async move { balancer.write_all(&bytes).await.unwrap() };
        let (outcome, ()) = tokio::join!(read_source(&mut server), sending);
        assert_eq!(outcome.unwrap(), Some("192.0.2.7:12345".parse().unwrap()));
    }

    #[tokio::test]
    async fn every_cut_header_is_refused() {
        let whole = header(0x21, TCP_OVER_IPV6, &ipv6_addresses());
        for length in 0..whole.len() {
            let (outcome, _) = read(&whole[..length]).await;
            assert!(matches!(outcome, Err(ProxyError::Io(_))), "cut at {length}");
        }
    }

    #[tokio::test]
    async fn other_headers_are_refused() {
        let v4 = ipv4_addresses();
        let refused = |bytes: Vec<u8>| async move { read(&bytes).await.0.unwrap_err() };
        let version_1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 12345 700\r\n".to_vec();
        assert!(matches!(refused(version_1).await, ProxyError::NotVersion2));
        assert!(matches!(refused(header(0x11, TCP_OVER_IPV4, &v4)).await, ProxyError::NotVersion2));
        assert!(matches!(refused(header(0x22, TCP_OVER_IPV4, &v4)).await, ProxyError::Command(2)));
        // UDP, unspecified, UNIX sockets.
        for family in [0x00, 0x12, 0x22, 0x31] {
            assert!(matches!(refused(header(0x21, family, &[0; 216])).await, ProxyError::Family(_)));
        }
        assert!(matches!(refused(header(0x21, TCP_OVER_IPV4, &v4[..11])).await, ProxyError::TooShort));
        assert!(matches!(refused(header(0x21, TCP_OVER_IPV6, &v4)).await, ProxyError::TooShort));
    }

    #[tokio::test]
    async fn an_oversized_header_is_refused_before_it_is_read() {
        let longest = header(0x20, 0, &[0; HEADER_BYTES_MAX - FIXED_BYTES]);
        assert!(read(&longest).await.0.is_ok());
        let longer = header(0x20, 0, &[0; HEADER_BYTES_MAX - FIXED_BYTES + 1]);
        let (outcome, left) = read(&longer).await;
        assert!(matches!(outcome, Err(ProxyError::TooLong { bytes: 537 })));
        assert_eq!(left, longer.len() - FIXED_BYTES);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..600), signed: bool) {
            if signed && bytes.len() >= 12 {
                bytes[..12].copy_from_slice(&SIGNATURE);
            }
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(read(&bytes));
        }
    }
}
